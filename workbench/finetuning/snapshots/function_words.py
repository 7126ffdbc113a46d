"""Words that say nothing of a subject: articles, pronouns, prepositions, auxiliaries and the like.

In a file of a few rows *the* stands beside one answer alone, as a word of its subject would. They
are those of the languages in which files are checked most; in others what is rare still decides.
"""

from __future__ import annotations

_ENGLISH = """
a about above after again all also am an and any are as at be because been before being below
between both but by can could did do does doing down during each few for from further get give go
had has have having he her here hers him his how i if in into is it its just let many may me might
more most much must my name need no nor not now of off on once one only or other our ours out over
own please same say shall she should show so some such tell than that the their theirs them then
there these they this those through to too under until up us use want was we were what when where
which while who whom whose why will with would you your yours
"""
_GERMAN = """
aber als am an auch auf aus bei bin bis da das dass dem den der des die dies diese dieser doch du
ein eine einem einen einer er es für hat habe haben ich ihr im in ist ja kann man mein mich mir mit
nach nicht noch nur oder sein sich sie sind so über um und uns von vor wann war was welche welcher
welches wem wen wenn wer wie wir wird wo wohin wurde zu zum zur
"""
_ROMANCE = """
al alla au aux avec ce ces che chi com come como con cosa da dans de del della des di do dos du
dónde
e el elle em en entre es est et eu fait ha hay il ils in je la las le les lo los lui ma mais mi moi
ne non nos o on os ou où para par pas per por pour quais qual quale quali quando que quel quelle
quels qui quien quién quoi qué se sont su suo sur tu um uma un una une uno vous y yo às à é è
"""
FUNCTION_WORDS = frozenset(f"{_ENGLISH} {_GERMAN} {_ROMANCE}".split())
