"""Words that say nothing about whom a standing recusal means: small words, relatives, titles and ranks.

They stand in half of all letters. Folded as `conflicts.fold` does; British English, as the letters are.
"""

_WORDS = """
    a about all also an and any anybody anyone anything are as at been but by case cases former for friend
    from had has have he her here him his how i in is it its knows live lived lives me mine must my new next
    no not now of off old on one or our out over same serve served serves she since so some somebody someone
    than that the their them there they this to together too up used was we went were what when where which
    who with work worked works you your

    aunt boy boyfriend brother brothers child children colleague colleagues cousin cousins dad daughter daughters ex
    family father fellow flatmate friends girl girlfriend godfather godmother grandfather grandmother grandson house
    husband lodger man married marriage men mother mum neighbour neighbours nephew niece parent parents partner relation
    relative relatives separated sister sisters son sons stepfather stepmother tenant uncle wife woman women mr mrs ms
    miss dr sir dame lord lady

    acc acting ast cc ch chief command constabulary constable cso dac dc dcc dci dcs dep deputy detective di
    div division ds dsu force insp inspector member office officer pc pcso police pcs ps retired sergeant sgt
    shift special staff station super superintendent supt team temporary unit volunteer wpc
"""
SAY_NOTHING = frozenset(_WORDS.split())
