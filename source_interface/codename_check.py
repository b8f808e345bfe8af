"""Is what was typed back the codename that this visit was shown? Knows no Flask."""

from keys.codename import WORDS_IN_A_CODENAME, Codename
from keys.errors import CodenameMisspelt
from serving.form_stream import TextFields
from serving.language import gettext as _
from source_interface.filled_form import FilledForm
from source_interface.visit import Visit, VisitSealer


def judge_codename(visits: VisitSealer, visit: Visit, form: FilledForm, fields: TextFields) -> Codename | None:
    """Return the codename that was typed back, or None for one way. What is wrong becomes an error of the form."""
    typed = fields.get("codename_check").strip()
    one_way = fields.get("one_way") == "yes"
    if one_way and typed:
        form.errors["codename_check"] = _("Choose one: type your codename, or tick that you will not come back.")
    elif not one_way and not typed:
        form.errors["codename_check"] = (
            _("Type your codename, or tick that you do not want to come back.")
            if visit.commitments
            else _("Press “Give me words”, or tick that you do not want to come back.")
        )
    if one_way or not typed:
        return None
    try:
        codename = Codename.read(typed)
    except CodenameMisspelt as misspelt:
        form.errors["codename_check"] = misspelling(misspelt)
        return None
    if not visit.commitments:
        form.errors["codename_check"] = _(
            "We cannot check these words any more: the visit in which you got them has ended. Press “Give me words” "
            "and write the new ones down. What you wrote stays here."
        )
    elif not visits.was_shown(visit, codename):
        form.errors["codename_check"] = _(
            "These are not the words we showed you. Check your paper. If you cannot find the mistake, press “Give me "
            "new words”. What you wrote stays here."
        )
    return codename


def wrong_count(misspelt: CodenameMisspelt) -> list[str]:
    """Return a sentence if the number of words is wrong, else none."""
    if misspelt.word_count == WORDS_IN_A_CODENAME:
        return []
    if misspelt.word_count == 0:
        return [_("Type your codename: seven words.")]
    if misspelt.word_count == 1:
        return [_("A codename has seven words. Put a space between the words.")]
    return [_("A codename has seven words; you typed {count}.").format(count=misspelt.word_count)]


def not_ours(word: str, place: int) -> str:
    """Return the sentence on one word that is not in the list: with its place, for who has lost the line."""
    return _("Word {place}, “{word}”, is not one of our words.").format(place=place, word=word)


def misspelling(misspelt: CodenameMisspelt) -> str:
    """Return a sentence on what is wrong with a typed codename, with suggestions from the word list alone."""
    sentences = wrong_count(misspelt)
    for word, maybe in misspelt.suggestions.items():
        sentences.append(not_ours(word, misspelt.places[word]))
        if maybe:
            sentences.append(_("Did you mean {maybe}?").format(maybe=_(" or ").join(maybe)))
    return " ".join(sentences)
