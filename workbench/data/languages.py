"""Which language a prompt is in: its script, its small words and its own letters.

Thirteen languages, and ``und`` for everything else and wherever it is not sure: a wrong language
in a drift chart misleads, a missing one only thins it. docs/adr says why no library is used.
"""

from __future__ import annotations

import functools
import operator
import re

UNSURE = "und"
_LOOKED_AT_CHARS = 300
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CODE = re.compile(r"[{}\[\]();=<>|\\/*&%$#@^~+_\"]")
_LEAST = 1.0  # of evidence; a small word that one language alone has counts 1
_LEAST_SHARE = 0.14  # of evidence a word
_LEAST_LEAD = 1.25  # over the next language

# The words that hold sentences together, and those that questions and requests begin with.
_WORDS = {
    "en": "the of and to in is it that for you was with on are as be this have from or had by not "
    "but what all were when we there can an your which their if do will each how about out many "
    "then them these some would make like him has into more my no why who where please write give "
    "me explain should could does did been than its they our does doesn't don't isn't at a i",
    "de": "der die das und ist in zu den ein eine einen einem einer mit sich auf für nicht des im "
    "dem von es ich du er sie wir ihr wie was wo warum wer wann bitte dass auch als an nach bei "
    "aus wenn nur noch oder aber so zum zur kann können soll mir mich mein meine meinen dein sein "
    "haben hat habe wird werden sind war über unter vor schon sehr welche allen alle schreib gib "
    "erkläre am um bis durch kein keine uns diesen diese dieser dieses",
    "fr": "le la les de des du et est un une en dans que qui pour pas sur au aux ce cette ces il "
    "elle nous vous je tu on ne se sa son ses mon ma mes ton votre notre avec plus par mais ou où "
    "comment pourquoi quel quelle quels quelles quand sont être avoir ai as été fait faire moi "
    "s'il donne écris explique peux peut dois doit sans leur tous tout cet bien très aussi à "
    "l'on c'est d'un d'une qu'il n'est j'ai",
    "es": "el la los las de del y es un una en que por para con no se su sus lo al como cómo más "
    "pero qué cuál cuáles quién dónde cuándo porque mi mis tu me te le les ha han he son era ser "
    "está están hay muy ya o si sí sin sobre este esta estos estas ese eso cada todo todos favor "
    "dame escribe explica puedo puede debo quiero hacer a e también entre hasta desde donde",
    "it": "il lo la i gli le di del della dei delle degli dal dalla nel nella e è un uno una in "
    "che per con non si suo sua come più ma cosa quale quali chi dove quando perché mio mia miei "
    "tuo mi ti ci vi ha hanno ho sono era essere questo questa questi queste quello ogni tutto "
    "tutti favore dammi scrivi spiega posso può devo anche al alla ai alle sul sulla da o se "
    "fra tra dell'altro l'ho c'è un'altra",
    "pt": "o a os as de do da dos das e é um uma em no na nos nas que por para com não se seu sua "
    "como mais mas qual quais quem onde quando porque meu minha meus minhas teu me lhe foi são era "
    "ser está estão há muito já ou se sem sobre este esta isto esse isso cada todo todos favor "
    "escreva explique posso pode devo quero fazer ao aos à pelo pela também até entre depois você",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij uit "
    "nog naar heeft hebben heb kan kunnen ik je jij hij zij wij we jullie mijn jouw zijn haar ons "
    "hoe wat waar waarom wie wanneer welke alsjeblieft geef schrijf leg deze dit die door over "
    "onder tot al wel geen wordt worden werd was moet moeten zou mij me hun zo veel meer iedereen",
    "pl": "i w z na do nie się że to jest jak co dlaczego gdzie kiedy kto który która które po o "
    "od za dla przez przy ale lub czy oraz tak tylko już bardzo mój moja moje mi mnie cię go jej "
    "ich jego są był była było być mam ma mają ten ta te tym tego tej proszę napisz podaj wyjaśnij "
    "mogę może powinien u a we ze jako jakie jaki jaka wszystkim gdy żeby aby",
    "sv": "och i att det som en ett på är av för med den till inte om har de jag du han hon vi ni "
    "hur vad var varför vem när vilken vilka vilket min mitt mina din ditt sin mig dig sig oss kan "
    "ska skulle vill måste får från så men eller också bara där här mycket alla allt denna detta "
    "dessa den här tack skriv ge förklara utan under över efter vid bli blir blev vara hade",
    "tr": "ve bir bu da de için ile ne nasıl neden niçin nerede kim hangi mi mı mu mü değil çok "
    "daha en gibi kadar ama veya olan olarak var yok ben sen biz siz onlar benim senin bana sana "
    "lütfen yaz ver açıkla her şey şu o ki ise sonra önce göre üzerine hakkında nedir nelerdir "
    "neresidir olur oldu etmek yapmak istiyorum misin midir herkese tüm",
}  # fmt: skip
# Letters that few of these languages have.
_LETTERS = {
    "de": "ßäöü", "fr": "çœùêèàâîôûëï", "es": "ñ¿¡áíóú", "it": "ìòàèù", "pt": "ãõçâêáíóú",
    "pl": "łąęśżźćńó", "sv": "åäö", "tr": "ğışçöü", "nl": "ĳ",
}  # fmt: skip
# Letters of Latin languages that are none of these.
_FOREIGN = re.compile("[őűřůěťďľĺŕėįųūžšđħățșþðæøṭḥơưạảấầẩậắằẳặẹẻẽếềểệỉịọỏốồổộớờởợụủứừửựỳỵỷỹ]")
# Letters of Cyrillic languages that are not Russian.
_NOT_RUSSIAN = re.compile("[іїєґўјљњћђѓќѕџ]")


_score = operator.itemgetter(1)


def detect_language(text: str) -> str:
    """The language's ISO 639-1 code, or ``und``.

    Of English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Turkish,
    Russian, Chinese and Japanese. Only the beginning of a long text is looked at.
    """
    looked_at = text[:_LOOKED_AT_CHARS].lower()
    if not looked_at.isascii():
        script = _script(looked_at)
        if script:
            return script
    words = _WORD.findall(looked_at)
    if len(_CODE.findall(looked_at)) > len(words):  # code is full of English words
        return UNSURE
    return _by_words(words, looked_at) if words else UNSURE


def _script(text: str) -> str:
    """The language that its script alone gives away; empty where the letters are Latin."""
    kana = han = cyrillic = latin = other = 0
    for char in text:
        if char.isascii():
            latin += char.isalpha()
            continue
        code = ord(char)
        if 0x3040 <= code <= 0x30FF:
            kana += 1
        elif 0x4E00 <= code <= 0x9FFF:
            han += 1
        elif 0x0400 <= code <= 0x04FF:
            cyrillic += 1
        elif code < 0x0250 or 0x1E00 <= code <= 0x1EFF:
            latin += char.isalpha()
        else:
            other += char.isalpha()
    # A character of Chinese or Japanese says as much as several Latin letters.
    if (kana + han) * 3 > latin + cyrillic + other:
        if kana * 8 > han:
            return "ja"
        return "zh" if han else UNSURE
    if cyrillic > latin + other:
        return UNSURE if _NOT_RUSSIAN.search(text) or cyrillic < 4 else "ru"
    return UNSURE if other > latin else ""


def _by_words(words: list[str], text: str) -> str:
    table = _table()
    scores: dict[str, float] = {}
    for word in words:
        for language, weight in table.get(word, ()):
            scores[language] = scores.get(language, 0.0) + weight
    if not text.isascii():
        for letter, languages in _letters().items():
            if letter in text:
                for language, weight in languages:
                    scores[language] = scores.get(language, 0.0) + weight
    ranked = sorted(scores.items(), key=_score, reverse=True)[:2]
    if not ranked:
        return UNSURE
    language, best = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if best < _LEAST or best < second * _LEAST_LEAD or best < len(words) * _LEAST_SHARE:
        return UNSURE
    return UNSURE if _FOREIGN.search(text) else language


@functools.cache
def _table() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each small word with the languages that have it; the more have it the less it says."""
    owners: dict[str, list[str]] = {}
    for language, words in _WORDS.items():
        for word in set(words.split()):
            owners.setdefault(word, []).append(language)
    return {
        word: tuple((each, (1.0 if len(word) > 1 else 0.5) / len(found)) for each in found)
        for word, found in owners.items()
    }


@functools.cache
def _letters() -> dict[str, tuple[tuple[str, float], ...]]:
    owners: dict[str, list[str]] = {}
    for language, letters in _LETTERS.items():
        for letter in letters:
            owners.setdefault(letter, []).append(language)
    return {
        letter: tuple((each, 1.0 / len(found)) for each in found)
        for letter, found in owners.items()
    }
