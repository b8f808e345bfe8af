"""The rehearsal (`candour-desk rehearse`): the sitting, a disaster and the way back, on scratch data of one machine."""
