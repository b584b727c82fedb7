"""Small talk: greetings, thanks, farewells and questions about the bot itself.

English in its variants, and the usual words of a few other languages. Knows no documents.
"""

from __future__ import annotations

import re

from bot.understanding.english import written_out

_LONGEST = 12  # words; nobody is politer than that

_BEFORE = "hi|hello|hey|ok|okay|oh|well|great|perfect|cool|nice|wonderful|no|so|thanks|thank you"
_AFTER = (
    "so much|very much|a lot|again|there|footnote|bot|everyone|everybody|all|friend|my friend|you|today|please"
    "|for your help|for the help|for that|for this|for everything|for your time|for the answer|for now|then"
    "|dear|guys|mate|sir"
)
_TALK = {
    "greeting": (
        "hi|hello|hey|hiya|howdy|greetings|good morning|good afternoon|good evening|good day|/start|yo|morning"
        "|hallo|guten tag|guten morgen|guten abend|servus|hola|buenos días|buenos dias|buenas tardes|buenas noches"
        "|buenas|bonjour|salut|bonsoir|ciao|buongiorno|olá|ola|bom dia|привет|здравствуйте|добрый день|你好|您好|嗨"
        "|こんにちは|안녕하세요|مرحبا"
    ),
    "thanks": (
        "thanks|thank you|many thanks|cheers|thanks a million|thank|that is helpful|that was helpful"
        "|that was very helpful|very helpful|much appreciated|appreciate it|i appreciate it|great answer|good job"
        "|well done|danke|vielen dank|danke schön|danke sehr|gracias|muchas gracias|merci|merci beaucoup|grazie"
        "|obrigado|obrigada|спасибо|большое спасибо|谢谢|謝謝|多谢|ありがとう|ありがとうございます|감사합니다|شكرا"
    ),
    "acknowledged": (
        "ok|okay|fine|good|great|perfect|cool|nice|wonderful|yes|no|yeah|yep|nope|sure|alright|all right|right|i see"
        "|got it|understood|i understand|interesting|that is all|that's all|that is it|never mind|nevermind|no thanks"
        "|no thank you|nothing|not really|makes sense|wow|haha|lol"
    ),
    "lost": (
        "i (?:do not|don't) understand|i (?:do not|don't) get it|what|what do you mean|huh|pardon|sorry|say that again"
        "|can you explain that|can you explain|can you say that again|come again|tell me a joke|sing a song"
    ),
    "goodbye": (
        "goodbye|good bye|bye|bye bye|bye-bye|see you|see you later|see you soon|good night|farewell"
        "|have a nice day|take care|tschüss|auf wiedersehen|adiós|adios|hasta luego|au revoir|до свидания|пока|再见"
        "|再見|さようなら"
    ),
    "wellbeing": (
        "how are you|how are you doing|how do you do|how is it going|how are things|how do you feel"
        "|how are you feeling|what is up|wie geht es dir|wie geht's|cómo estás|qué tal|comment ça va|ça va|как дела"
        "|你好吗"
    ),
    "abilities": (
        "help|help me|/help|who are you|what are you|what is your name|what can (?:you|i) do|what can i ask"
        "|what can i ask you|what can you do for me|what can i do here|what do you do|what do you know"
        "|what are you for|how does this work|how do you work|how can you help|how can you help me"
        "|how can i use you|how do i use this|what is this bot|introduce yourself|tell me about yourself"
        "|describe yourself|are you (?:a bot|a robot|human|a human|an ai|ai|real|a real person|a person|chatgpt|gpt"
        "|siri|alexa)"
        "|can you help|can you help me|i need help|who made you|what is footnote|wer bist du|was kannst du"
        "|quién eres|qui es-tu|кто ты|你是谁"
    ),
}
_PATTERNS = {name: re.compile(f"(?:(?:{_BEFORE}) )*(?:{said})(?: (?:{_AFTER}))*") for name, said in _TALK.items()}


def smalltalk(question: str) -> str | None:
    """The name of the reply that small talk gets, or None for a question that is to be looked up.

    "OK great, thanks so much!" gets "thanks", "hey what did Blinken say?" nothing.
    """
    said = written_out(question, _LONGEST)
    return next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(said)), None)
