"""The methods of the Bot API that act in chats: each takes a request's parameters and gives the result, or `Refused`.

Knows nothing of HTTP and of who waits for updates. Sources: https://core.telegram.org/bots/api#available-methods and
tdlib/telegram-bot-api, Client.cpp, for the texts; where a text is a guess, it says so.
"""

from __future__ import annotations

import re
from typing import Any

import bot_api_rules as rules
from bot_api_chats import Chat
from bot_api_limits import Limits
from bot_api_requests import Requests, is_formatted
from bot_api_rules import Parameters
from bot_api_state import Draft, Json, Message, member
from bot_api_text import LONGEST_CAPTION, Refused, bad, formatted
from bot_api_world import World
from telegram.constants import ReactionEmoji

LARGEST_DOWNLOAD = 20 * 1024 * 1024  # bytes
LARGEST_UPLOAD = 50 * 1024 * 1024
REACTIONS = {str(emoji) for emoji in ReactionEmoji}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


class Methods(Requests):
    """The methods by their lower-case names: Telegram does not heed the case of a name."""

    def __init__(self, world: World, limits: Limits) -> None:
        super().__init__(world)
        self.limits = limits
        self.commands: dict[tuple[str, ...], list[dict[str, str]]] = {}  # by scope and language
        self.descriptions: dict[tuple[str, str], str] = {}  # by kind and language
        self.number = 0  # of the request at hand, in the log

    def getme(self, _parameters: Parameters) -> Json:
        """The bot itself."""
        return self.world.bot.shown() | {
            "can_join_groups": True,
            "can_read_all_group_messages": not self.world.privacy,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def sendmessage(self, parameters: Parameters) -> Json:
        """A new message, at the end of its chat."""
        chat = self.chat(parameters)
        text, entities = self.text(parameters)
        buttons = rules.keyboard(parameters)
        return self._send(chat, parameters, text=text, entities=entities, buttons=buttons).shown()

    def senddocument(self, parameters: Parameters) -> Json:
        """A new message with a document, uploaded or known by its file_id."""
        chat = self.chat(parameters)
        document = self.world.files.get(parameters.text("document"))
        if document is None:
            raise bad("there is no document in the request" if not parameters.text("document") else "invalid file_id")
        if document.size > LARGEST_UPLOAD:
            raise Refused(413, "Request Entity Too Large")
        text, entities = self.text(parameters, "caption", LONGEST_CAPTION, empty=True)
        buttons = rules.keyboard(parameters)
        values: Json = {"text": text, "entities": entities, "buttons": buttons, "document": document}
        return self._send(chat, parameters, **values).shown()

    def sendmessagedraft(self, parameters: Parameters) -> bool:
        """A preview in a private chat, kept as the latest with its id; the text may be empty (Bot API 10.0)."""
        chat = self.chat(parameters)
        if chat.kind != "private":
            raise bad("TEXTDRAFT_PEER_INVALID")  # the text is a guess after MTProto's names
        draft_id = parameters.number("draft_id")
        if not draft_id:
            raise bad("RANDOM_ID_INVALID")  # the text is a guess after MTProto's names
        self.thread(chat, parameters)
        text, entities = self.text(parameters, empty=True)
        chat.drafts.append(Draft(draft_id, text, entities, self.number))
        return True

    def editmessagetext(self, parameters: Parameters) -> Json:
        """Another text; without a keyboard, the message loses the one that it had."""
        message = self.editable(parameters)
        if message.document:
            raise bad("there is no text in the message to edit")
        text, entities = self.text(parameters)
        buttons = rules.keyboard(parameters)
        if (text, entities, buttons) == (message.text, message.entities, message.buttons):
            raise bad(NOT_MODIFIED)
        message.edit(text, entities)
        message.buttons, message.formatted = buttons, is_formatted(parameters)
        return message.shown()

    def editmessagereplymarkup(self, parameters: Parameters) -> Json:
        """Another keyboard, or none."""
        message = self.editable(parameters)
        buttons = rules.keyboard(parameters)
        if buttons == message.buttons:
            raise bad(NOT_MODIFIED)
        message.buttons = buttons
        return message.shown()

    def deletemessage(self, parameters: Parameters) -> bool:
        """A message goes: the bot's own, anyone's in a private chat, and in groups where it is an administrator."""
        chat = self.chat(parameters)
        message = self.message(chat, parameters, "message to delete")
        theirs = message.sender is not self.world.bot
        if theirs and chat.kind != "private" and self.status(chat) != "administrator":
            raise bad("message can't be deleted")
        message.deleted = True
        return True

    def setmessagereaction(self, parameters: Parameters) -> bool:
        """The bot's one reaction to a message, or none."""
        chat = self.chat(parameters)
        message = self.message(chat, parameters, "message to react")
        given = parameters.json("reaction", list, "ReactionType") or []
        if len(given) > 1:
            raise bad("REACTIONS_TOO_MANY")
        for reaction in given:
            if not isinstance(reaction, dict) or reaction.get("type") != "emoji":
                raise bad("can't parse ReactionType: Unsupported type specified")
            if reaction.get("emoji") not in REACTIONS:
                raise bad("REACTION_INVALID")
        message.reaction = given[0]["emoji"] if given else ""
        return True

    def sendchataction(self, parameters: Parameters) -> bool:
        """What the bot is said to be doing, for five seconds."""
        chat = self.chat(parameters)
        if parameters.text("action") not in rules.ACTIONS:
            raise bad("wrong parameter action in request")
        self.thread(chat, parameters)
        chat.actions.append(parameters.text("action"))
        return True

    def answercallbackquery(self, parameters: Parameters) -> bool:
        """The end of a pressed button's waiting, once and in time."""
        query = self.world.queries.get(parameters.text("callback_query_id"))
        if query is None or query.expired or query.answer is not None:
            refused = bad(TOO_OLD)
            refused.asked = query is not None and query.expired
            raise refused
        text = parameters.text("text")
        if len(text) > rules.LONGEST_ANSWER:
            raise bad("MESSAGE_TOO_LONG")
        query.answer, query.alert = text, parameters.flag("show_alert")
        return True

    def getfile(self, parameters: Parameters) -> Json:
        """Where a file can be downloaded, up to 20 MB."""
        document = self.world.files.get(parameters.text("file_id"))
        if document is None:
            raise bad("invalid file_id")
        if document.size > LARGEST_DOWNLOAD:
            raise bad("file is too big")
        number = list(self.world.files).index(document.file_id)
        suffix = re.sub(r".*(\.[A-Za-z0-9]+)$|.*", r"\1", document.name, flags=re.DOTALL)
        document.path = f"documents/file_{number}{suffix}"
        shown = document.shown()
        kept = {name: shown[name] for name in ("file_id", "file_unique_id", "file_size")}
        return kept | {"file_path": document.path}

    def setmycommands(self, parameters: Parameters) -> bool:
        """The commands that people in a scope, with a language, are shown."""
        self.commands[self._scope(parameters)] = rules.commands(parameters)
        return True

    def getmycommands(self, parameters: Parameters) -> list[dict[str, str]]:
        """The commands of exactly this scope and language."""
        return self.commands.get(self._scope(parameters), [])

    def deletemycommands(self, parameters: Parameters) -> bool:
        """None for this scope and language."""
        self.commands.pop(self._scope(parameters), None)
        return True

    def setmydescription(self, parameters: Parameters) -> bool:
        """What an empty chat shows, up to 512 characters."""
        return self._describe(parameters, "description", 512)

    def setmyshortdescription(self, parameters: Parameters) -> bool:
        """What the bot's page shows, up to 120 characters."""
        return self._describe(parameters, "short_description", 120)

    def getmydescription(self, parameters: Parameters) -> Json:
        """The description of this language, else the one of none."""
        return self._described(parameters, "description")

    def getmyshortdescription(self, parameters: Parameters) -> Json:
        """The short description of this language, else the one of none."""
        return self._described(parameters, "short_description")

    def getchat(self, parameters: Parameters) -> Json:
        """A chat, with what `ChatFullInfo` must have."""
        gifts = dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
        )
        shown = self.chat(parameters).shown()
        return shown | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}

    def getchatmember(self, parameters: Parameters) -> Json:
        """How a person stands in a chat."""
        chat = self.chat(parameters)
        user_id = parameters.number("user_id")
        user = self.world.bot if user_id == self.world.bot.id else self.world.users.get(user_id)
        if user is None:
            raise bad("invalid user_id specified" if user_id <= 0 else "user not found")
        return member(user, chat.statuses.get(user_id, "left"))

    def getchatadministrators(self, parameters: Parameters) -> list[Json]:
        """The owner and the administrators of a group, other bots left out."""
        chat = self.chat(parameters)
        if chat.kind == "private":
            raise bad("there are no administrators in the private chat")
        everyone = self.world.users | {self.world.bot.id: self.world.bot}
        statuses = chat.statuses.items()
        return [member(everyone[user], status) for user, status in statuses if status in {"creator", "administrator"}]

    def leavechat(self, parameters: Parameters) -> bool:
        """The bot goes from a group."""
        chat = self.chat(parameters)
        if chat.kind == "private":
            raise bad("chat member status can't be changed in private chats")
        chat.set_status(self.world.bot, "left")
        return True

    def _send(self, chat: Chat, parameters: Parameters, **values: Any) -> Message:
        for flag in ("disable_notification", "protect_content"):
            parameters.flag(flag)
        parameters.json("link_preview_options", dict, "link preview options")
        thread = self.thread(chat, parameters)
        reply_to, quote = self.reply(chat, parameters)
        if reply_to and thread is None:
            thread = reply_to.thread
        wait = self.limits.take(chat.id)
        if wait is not None:
            raise rules.too_many(wait)
        return chat.add_message(
            self.world.bot,
            **values,
            thread=thread,
            reply_to=reply_to,
            quote=quote,
            number=self.number,
            formatted=is_formatted(parameters),
        )

    def _scope(self, parameters: Parameters) -> tuple[str, ...]:
        scope = rules.scope(parameters)
        if "chat_id" in scope:
            self.chat(Parameters(chat_id=str(scope["chat_id"])))
        language = rules.language(parameters)
        return (scope["type"], str(scope.get("chat_id", "")), str(scope.get("user_id", "")), language)

    def _describe(self, parameters: Parameters, kind: str, longest: int) -> bool:
        text, _ = formatted(parameters.text(kind), "", [], empty=True)
        if len(text) > longest:
            raise bad(f"bot {kind.replace('_', ' ')} is too long")  # the text is a guess
        self.descriptions[kind, rules.language(parameters)] = text
        return True

    def _described(self, parameters: Parameters, kind: str) -> Json:
        fallback = self.descriptions.get((kind, ""), "")
        return {kind: self.descriptions.get((kind, rules.language(parameters)), fallback)}
