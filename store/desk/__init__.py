"""The reviewer host's store: parcels waiting to be opened, cases under their keys, reviewers, the audit trail."""
