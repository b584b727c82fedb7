"""What Telegram refuses in a text, a keyboard, a list of commands: each rule broken and kept, by a real client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from bot_api import BotApi
from bot_api_chats import Chat
from bot_api_html import units
from hypothesis import given
from hypothesis import strategies as st
from telegram import BotCommand, BotCommandScopeChat, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.error import BadRequest
from telegram_client import Client

BIRD = "\U0001f426"  # two UTF-16 units, four bytes
HTML = [
    ("<b>a</b><strong>b</strong>", ["bold", "bold"]),
    ("<i>a</i> <em>b</em>", ["italic", "italic"]),
    ("<u>a</u> <ins>b</ins>", ["underline", "underline"]),
    ("<s>a</s> <strike>b</strike> <del>c</del>", ["strikethrough"] * 3),
    ("<tg-spoiler>a</tg-spoiler> <span class='tg-spoiler'>b</span>", ["spoiler", "spoiler"]),
    ('<a href="https://example.org/?a=1&amp;b=2">a</a>', ["text_link"]),
    ("<code>a</code> <pre>b</pre>", ["code", "pre"]),
    ('<pre><code class="language-python">a</code></pre>', ["pre"]),
    ("<blockquote>a</blockquote> <blockquote expandable>b</blockquote>", ["blockquote", "expandable_blockquote"]),
    ("<blockquote expandable>a <b>b <i>c</i></b></blockquote>", ["expandable_blockquote", "bold", "italic"]),
    (f'<tg-emoji emoji-id="5368324170671202286">{BIRD}</tg-emoji>', ["custom_emoji"]),
    ("<B>a</b > b", ["bold"]),
    ("<b></b>a", []),
    ('<a href="http://localhost/">a</a>', []),
]
NOT_HTML = [
    ("<p>a</p>", 'unsupported start tag "p" at byte offset 0'),
    (f"{BIRD}<br>", 'unsupported start tag "br" at byte offset 4'),
    ("1 < 2", 'unsupported start tag "" at byte offset 2'),
    ("<b>a", 'can\'t find end tag corresponding to start tag "b"'),
    ("<b>a</i>", 'unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
    ("<b><i>a</b></i>", 'unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    ("a</b>", "unexpected end tag at byte offset 1"),
    ("a <b", "unclosed start tag at byte offset 2"),
    ("a <b b", 'unclosed start tag "b" at byte offset 2'),
    ("a <a href=", 'unclosed start tag "a" at byte offset 2'),
    ("<b>a</b", "unclosed end tag at byte offset 4"),
    ('<a href="b>c</a>', "unclosed start tag at byte offset 0"),
    ("<a =b>c</a>", 'empty attribute name in the tag "a" at byte offset 0'),
    ("<a href=b/c>d</a>", "unexpected end of name token at byte offset 8"),
    ("<span>a</span>", 'tag "span" must have class "tg-spoiler" at byte offset 0'),
    ("<tg-emoji emoji-id='x'>a</tg-emoji>", "invalid custom emoji identifier specified"),
    ("a &#xd83d; b", "text contains invalid Unicode characters after decoding HTML entities"),
    ("<blockquote>a<blockquote>b</blockquote></blockquote>", "blockquotes can't be nested at byte offset 13"),
    ("<code>a <b>b</b></code>", 'tag "code" can\'t contain the tag "b" at byte offset 8'),
]


class Shared:
    """One server for the whole file: its rules hold for each request alone."""

    def __init__(self, api: BotApi, client: Client) -> None:
        self.api, self.client = api, client
        self.api.limits.on = False
        self.chat: Chat = api.private(api.user("Anna"))
        self.chat.say(api.users[self.chat.id], "Hello")

    def kept(self, text: str, **values: Any) -> tuple[str, list[str]]:
        """What stands in the chat after the text was sent: the text, and the kinds of its entities."""
        before = len(self.api.refusals)
        self.client.send_message(self.chat.id, text, **values)
        assert len(self.api.refusals) == before
        message = self.chat.received[-1]
        return message.text, [entity["type"] for entity in message.entities]

    def refused(self, method: str, **values: Any) -> str:
        """What a request is refused with; it is a fault of the bot's, and nothing has changed in the chat."""
        before = len(self.chat.history), len(self.api.refusals)
        with pytest.raises(BadRequest) as error:
            getattr(self.client, method)(**values)
        assert (len(self.chat.history), len(self.api.refusals)) == (before[0], before[1] + 1)
        return error.value.message


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    """The server and its client."""
    with ExitStack() as stack:
        api = stack.enter_context(BotApi())
        yield Shared(api, stack.enter_context(closing(Client(api))))


@pytest.mark.parametrize(("source", "kinds"), HTML)
def test_html_that_telegram_understands_becomes_text_and_entities(
    shared: Shared, source: str, kinds: list[str]
) -> None:
    """Every supported tag gives its entity; an empty one gives none, and neither does a link to nowhere."""
    text, found = shared.kept(source, parse_mode="HTML")
    assert found == kinds
    assert "<" not in text


@pytest.mark.parametrize(("source", "words"), NOT_HTML)
def test_html_that_telegram_does_not_understand_is_refused(shared: Shared, source: str, words: str) -> None:
    """Unknown tags, wrong nesting, unclosed tags and attributes are refused with the byte where they begin."""
    message = shared.refused("send_message", chat_id=shared.chat.id, text=source, parse_mode="HTML")
    assert message.lower().startswith(f"can't parse entities: {words}".lower())  # the client changes its case


def test_only_four_names_and_numbers_are_decoded(shared: Shared) -> None:
    """`&nbsp;` and the other names stay as they stand; a semicolon may be missing."""
    source = "&lt;b&gt; &amp;amp; &quot; &#65; &#x1F426; &nbsp; &copy; &lt & co"
    assert shared.kept(source, parse_mode="HTML") == (f'<b> &amp; " A {BIRD} &nbsp; &copy; < & co', [])


def test_without_a_parse_mode_nothing_is_markup(shared: Shared) -> None:
    """Tags are words where no formatting was asked for."""
    assert shared.kept("<b>a</b> &lt;") == ("<b>a</b> &lt;", [])


def test_other_parse_modes_are_refused(shared: Shared) -> None:
    """Markdown is refused by this server, and so is a mode that there is not."""
    for mode in ("MarkdownV2", "rst"):
        values = {"chat_id": shared.chat.id, "text": "a", "parse_mode": mode}
        assert shared.refused("send_message", **values) == "Unsupported parse_mode"


@pytest.mark.parametrize("markup", ["", "HTML"])
def test_the_length_counts_utf16_units_after_parsing(shared: Shared, markup: str) -> None:
    """4,096 units are a message, one more is too long; tags and references do not count, an emoji counts twice."""
    text, _ = shared.kept("a" * 4094 + BIRD, parse_mode=markup)
    assert units(text) == 4096
    values = {"chat_id": shared.chat.id, "text": "a" * 4095 + BIRD, "parse_mode": markup}
    assert shared.refused("send_message", **values) == "Message is too long"


def test_tags_do_not_count(shared: Shared) -> None:
    """A source of more than 4,096 characters is sent when what it says is shorter."""
    assert shared.kept("<b>&amp;</b>" * 2000, parse_mode="HTML")[0] == "&" * 2000


@pytest.mark.parametrize(
    ("text", "markup", "words"),
    [
        ("", "", "Message text is empty"),
        (" \n ", "", "Text must be non-empty"),
        ("\u200b\u00a0\u3000\u2800", "", "Text must be non-empty"),
        ("\u202e", "", "Text must be non-empty"),
        ("<b> </b>", "HTML", "Text must be non-empty"),
    ],
)
def test_a_text_needs_something_to_be_seen(shared: Shared, text: str, markup: str, words: str) -> None:
    """White space, characters without width and tags around nothing are no message."""
    assert shared.refused("send_message", chat_id=shared.chat.id, text=text, parse_mode=markup) == words


def test_texts_are_cleaned_and_trimmed(shared: Shared) -> None:
    """Control characters become spaces, overrides of direction go, and so do the spaces at the ends."""
    assert shared.kept(" \n a\tb\r\nc\u202ed\x00 \n")[0] == "a b\ncd"
    client, chat = shared.client, shared.chat
    client.send_message(chat.id, f" \r{BIRD} <b>two\r three </b> ", parse_mode="HTML")
    assert chat.received[-1].text == f"{BIRD} two three"
    assert chat.received[-1].parts("bold") == ["two three"]


def test_bytes_that_are_no_utf8_are_refused(shared: Shared) -> None:
    """An unpaired surrogate cannot be sent, however it is written."""
    assert shared.client.raw("sendMessage", b"chat_id=%d&text=a%%ED%%A0%%BD" % shared.chat.id) == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: strings must be encoded in UTF-8",
    }
    markup = '{"inline_keyboard":[[{"text":"\\ud83d","callback_data":"a"}]]}'
    answer = shared.client.raw("sendMessage", chat_id=shared.chat.id, text="a", reply_markup=markup)
    assert answer["description"] == "Bad Request: can't parse reply keyboard markup JSON object"


def test_given_entities_lie_within_the_text(shared: Shared) -> None:
    """Offsets are UTF-16 units; they neither pass the end nor cut a character in two."""
    good = [MessageEntity("bold", 0, 2), MessageEntity("italic", 3, 1)]
    assert shared.kept(f"{BIRD} a", entities=good) == (f"{BIRD} a", ["bold", "italic"])
    assert shared.chat.received[-1].parts("bold") == [BIRD]
    for offset, length, words in [
        (0, 5, "Entity beginning at utf-16 offset 0 ends after the end of the text at utf-16 offset 5"),
        (9, 1, "Entity begins after the end of the text at utf-16 offset 9"),
        (1, 2, "Entity begins in a middle of a utf-16 symbol at byte offset 4"),
        (0, 1, "Entity beginning at utf-16 offset 0 ends in a middle of a utf-16 symbol at byte offset 4"),
        (-1, 2, "Receive an entity with incorrect offset -1"),
    ]:
        values = {"chat_id": shared.chat.id, "text": f"{BIRD} a", "entities": [MessageEntity("bold", offset, length)]}
        assert shared.refused("send_message", **values).lower() == words.lower()


@pytest.mark.parametrize(
    ("entities", "words"),
    [
        ("[", "can't parse entities JSON object"),
        ("[1]", "can't parse entities: expected an Array of MessageEntity"),
        ('[{"type":"bold","offset":"0","length":1}]', 'can\'t parse MessageEntity: Field "offset" must be of type int'),
        ('[{"type":"large","offset":0,"length":1}]', "can't parse MessageEntity: Unsupported type specified"),
        ('[{"type":"text_link","offset":0,"length":1,"url":"x"}]', "entity URL 'x' is invalid: Wrong HTTP URL"),
        (
            '[{"type":"blockquote","offset":0,"length":3},{"type":"expandable_blockquote","offset":1,"length":1}]',
            "can't parse entities: Blockquotes can't be nested",
        ),
    ],
)
def test_given_entities_have_a_type_that_there_is(shared: Shared, entities: str, words: str) -> None:
    """Each is an object with a known type, numbers and what the type needs; blockquotes are not nested."""
    answer = shared.client.raw("sendMessage", chat_id=shared.chat.id, text="abc", entities=entities)
    assert answer["description"] == f"Bad Request: {words}"
    values: dict[str, Any] = {
        "chat_id": shared.chat.id,
        "text": "abc",
        "entities": '[{"type":"url","offset":0,"length":9}]',
    }
    assert "entities" not in shared.client.raw("sendMessage", **values)["result"]  # Telegram finds these by itself


def test_a_hundred_entities_are_kept(shared: Shared) -> None:
    """More are dropped without a word."""
    assert len(shared.kept("<b>a</b> " * 100, parse_mode="HTML")[1]) == 100
    assert len(shared.kept("<b>a</b> " * 101, parse_mode="HTML")[1]) == 100


@given(st.text(min_size=1, max_size=50))
def test_any_escaped_text_is_kept_as_the_same_text_unescaped(shared: Shared, text: str) -> None:
    """Whatever people write, escaping it for HTML gives the message that the plain text gives."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    answers = [
        shared.client.raw("sendMessage", chat_id=shared.chat.id, text=text),
        shared.client.raw("sendMessage", chat_id=shared.chat.id, text=escaped, parse_mode="HTML"),
    ]
    said = [answer.get("description") or answer["result"]["text"] for answer in answers]
    assert said[0] == said[1]


def markup(*rows: list[dict[str, Any]]) -> str:
    """An inline keyboard as JSON."""
    return json.dumps({"inline_keyboard": rows})


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[{"text": "1", "callback_data": "a" * 65}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "1", "callback_data": "ä" * 33}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "1", "callback_data": ""}]], "BUTTON_DATA_INVALID"),
        ([[{"text": " ", "callback_data": "a"}]], "inline keyboard button text must be non-empty"),
        ([[{"text": 1, "callback_data": "a"}]], 'can\'t parse inline keyboard button: Field "text" must be of'),
        ([[{"text": "1"}]], "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ([[{"text": "1", "callback_data": "a", "url": "a.de"}]], "can't parse inline keyboard button: exactly one"),
        ([[{"text": "1", "url": "http://localhost/"}]], "inline keyboard button URL 'http://localhost/' is invalid"),
        ([[{"text": "1", "callback_data": "a"}] * 9], "reply markup is too long"),
        ([[{"text": "1", "callback_data": "a"}]] * 101, "reply markup is too long"),
        ([{"text": "1"}], "can't parse reply keyboard markup"),
    ],
)
def test_wrong_keyboards_are_refused(shared: Shared, rows: list[Any], words: str) -> None:
    """Data of 1–64 bytes, a text, one action, an address with a host, at most 8 in a row and 100 in all."""
    values = {"chat_id": shared.chat.id, "text": "a", "reply_markup": markup(*rows)}
    assert shared.client.raw("sendMessage", **values)["description"].startswith(f"Bad Request: {words}")


def test_keyboards_within_the_limits_are_shown(shared: Shared) -> None:
    """64 bytes of data, 8 buttons in a row, 100 in all, and an address are a keyboard."""
    row = [InlineKeyboardButton("1", callback_data="ä" * 32)] * 8
    rows = [row] * 12 + [[InlineKeyboardButton("2", url="https://example.org/a")] * 4]
    shared.kept("a", reply_markup=InlineKeyboardMarkup(rows))
    assert len(shared.chat.received[-1].labels) == 100
    assert shared.kept("b", reply_markup=InlineKeyboardMarkup([])) == ("b", [])


@pytest.mark.parametrize(
    ("name", "description", "words"),
    [
        ("", "a", "Command must be non-empty"),
        ("a" * 33, "a", "Command length must not exceed 32"),
        ("Ask", "a", "Bot_command_invalid"),
        ("a-b", "a", "Bot_command_invalid"),
        ("ask", " ", "Command description must be non-empty"),
        ("ask", "a" * 257, "Command description length must not exceed 256"),
    ],
)
def test_wrong_commands_are_refused(shared: Shared, name: str, description: str, words: str) -> None:
    """A name has 1–32 of `a-z0-9_`, a description 1–256 characters."""
    assert shared.refused("set_my_commands", commands=[(name, description)]).lower() == words.lower()


def test_commands_are_kept_by_scope_and_language(shared: Shared) -> None:
    """Each scope and language has its own hundred; a language has two letters."""
    client = shared.client
    client.set_my_commands([(f"a_{n}", "a" * 256) for n in range(100)])
    client.set_my_commands([("frage", "Fragen")], language_code="de")
    assert len(client.get_my_commands()) == 100
    assert client.get_my_commands(language_code="de") == (BotCommand("frage", "Fragen"),)
    client.delete_my_commands(language_code="de")
    assert client.get_my_commands(language_code="de") == ()
    client.set_my_commands([("here", "Here")], scope=BotCommandScopeChat(shared.chat.id))
    assert client.get_my_commands(scope=BotCommandScopeChat(shared.chat.id)) == (BotCommand("here", "Here"),)
    values = {"commands": [("a", "a")], "scope": BotCommandScopeChat(4)}
    assert shared.refused("set_my_commands", **values) == "Chat not found"
    assert "commands_too_much" in shared.refused("set_my_commands", commands=[("a", "a")] * 101).lower()
    values = {"commands": [("a", "a")], "language_code": "deu"}
    assert shared.refused("set_my_commands", **values) == "Invalid language code specified"


def test_commands_and_scopes_are_objects(shared: Shared) -> None:
    """A list of commands with their texts, and a scope that there is, with what it needs."""
    for values, words in [
        ({"commands": '["ask"]'}, "can't parse BotCommand: expected an Object"),
        ({"commands": '[{"command":"ask"}]'}, 'can\'t parse BotCommand: Field "description" must be of type String'),
        ({"commands": "{}"}, "expected an Array of BotCommand"),
        ({"scope": '{"type":"all"}'}, "can't parse BotCommandScope: Unsupported type specified"),
        ({"scope": '{"type":"chat"}'}, "can't parse BotCommandScope: Empty chat_id specified"),
        (
            {"scope": f'{{"type":"chat_member","chat_id":{shared.chat.id}}}'},
            "can't parse BotCommandScope: Invalid user_id specified",
        ),
    ]:
        assert shared.client.raw("setMyCommands", **values)["description"] == f"Bad Request: {words}"


def test_numbers_and_flags_must_be_some(shared: Shared) -> None:
    """A number or a flag that is none is refused; a request without a chat is, too."""
    for values, words in [
        ({"message_thread_id": "a"}, "wrong parameter message_thread_id in request"),
        ({"disable_notification": "perhaps"}, "wrong parameter disable_notification in request"),
        ({"reply_parameters": "{"}, "can't parse reply parameters JSON object"),
        (
            {"reply_parameters": '{"message_id":"5"}'},
            'can\'t parse reply parameters: Field "message_id" must be of type Integer',
        ),
        ({"link_preview_options": "[]"}, "object expected as link preview options"),
        ({"entities": "{}"}, "can't parse entities: expected an Array of MessageEntity"),
        ({"chat_id": ""}, "chat_id is empty"),
        ({"chat_id": "Anna"}, "chat not found"),
        ({"chat_id": "4"}, "chat not found"),
    ]:
        answer = shared.client.raw("sendMessage", **{"chat_id": shared.chat.id, "text": "a"} | values)
        assert answer["description"] == f"Bad Request: {words}"
