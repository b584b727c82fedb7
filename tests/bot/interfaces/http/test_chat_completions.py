"""The OpenAI protocol, spoken by the `openai` package: what it reads, what it may send, and what it raises."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from patience import CEILING
from server import Client, Server, Starter

from bot.answers import Answer, Turn
from retrieval.chunking.markup import said as words_said
from retrieval.types import Document
from tests.conftest import Opener

QUESTION = "Where did Blinken speak about China, and who is Mao Ning?"
UNANSWERED = "When was the Eiffel Tower built?"
LIGHTHOUSE = "The lighthouse at Skerryvore was built of granite. It was first lit in 1844."


def client(http: Client) -> openai.OpenAI:
    """The package's client with the key of another, which tries nothing twice."""
    return openai.OpenAI(api_key=http.key or "none", base_url=f"{http.url}/v1", max_retries=0, timeout=CEILING)


@pytest.fixture
def sync(ann: Client) -> Iterator[openai.OpenAI]:
    """The package's client as the asker ann."""
    with client(ann) as package:
        yield package


def user(*questions: str) -> list[Any]:
    """Messages of the user alone."""
    return [{"role": "user", "content": question} for question in questions]


def said(answer: dict[str, Any]) -> dict[str, Any]:
    """An Answer but for what differs between two times that it is given."""
    return {name: value for name, value in answer.items() if name not in ("timings_ms", "conversation", "turn")}


def read(chunks: Iterable[ChatCompletionChunk]) -> tuple[str, dict[str, Any], list[Any], str | None]:
    """The content, the Answer, the annotations and the reason to finish of a whole stream."""
    content, footnote, notes, finish = "", {}, [], None
    for chunk in chunks:
        for choice in chunk.choices:
            assert finish is None
            content += choice.delta.content or ""
            notes += (choice.delta.model_extra or {}).get("annotations", [])
            finish = choice.finish_reason
        footnote = (chunk.model_extra or {}).get("footnote", footnote)
    return content, footnote, notes, finish


def test_the_package_reads_the_answer_that_everyone_gets(ann: Client, server: Server, open_footnote: Opener) -> None:
    """Plain and streamed, synchronous and not: the content is the answer's text, with the part that is not answered or
    what came nearest; `footnote` is the very Answer that the assistant gives in a process of its own, and the
    completion is one by the package's own types.
    """
    assistant = open_footnote(server.data).assistant
    in_part = "Who is Mao Ning, and how tall is Blinken?"
    for question in (QUESTION, UNANSWERED, in_part, "Hello!", "Summarise the article."):
        _read_in_every_way(ann, question, assistant.answer(Turn(question, ann.asker)))


def _read_in_every_way(ann: Client, question: str, answer: Answer) -> None:
    expected = said(json.loads(json.dumps(answer.to_json())))
    nearest = [f"[{one.id}] {words_said(one.quote)}" for one in answer.related]
    content_expected = "\n".join([answer.text, "", "The nearest passages:", *nearest]) if nearest else answer.text
    if answer.unanswered:
        content_expected += f"\n\nThe text does not say: {answer.unanswered[0]}"
    if answer.note:
        content_expected += f"\n\n{answer.note}"
    messages = user(question)
    with client(ann) as sync:
        whole = sync.chat.completions.create(model="footnote", messages=messages)
        streamed = read(sync.chat.completions.create(model="footnote", messages=messages, stream=True))

    async def alone() -> tuple[ChatCompletion, list[ChatCompletionChunk]]:
        async with openai.AsyncOpenAI(api_key=ann.key, base_url=f"{ann.url}/v1", max_retries=0) as asynchronous:
            answer = await asynchronous.chat.completions.create(model="footnote", messages=messages)
            chunks = await asynchronous.chat.completions.create(model="footnote", messages=messages, stream=True)
            return answer, [chunk async for chunk in chunks]

    again, chunks = asyncio.run(alone())
    for completion in (whole, again):
        ChatCompletion.model_validate(completion.model_dump(), strict=True)
        (choice,) = completion.choices
        assert (choice.finish_reason, choice.message.role, completion.model) == ("stop", "assistant", "footnote")
        assert choice.message.content == content_expected
        assert len(choice.message.annotations or []) == len(answer.opened)
        assert said((completion.model_extra or {})["footnote"]) == expected
    for content, given, notes, finish in (streamed, read(chunks)):
        assert content == content_expected
        assert said(given) == expected
        assert notes == [one.model_dump() for one in whole.choices[0].message.annotations or []]
        assert finish == "stop"
    assert len({chunk.id for chunk in chunks}) == 1
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump(), strict=True)


def test_a_marker_is_not_taken_for_words_that_look_like_one(ann: Client) -> None:
    """Of what came nearest: each span is the marker at the beginning of its line."""
    notes = (
        "The boat [2] sails at noon [3].\n\nThe [1] gulls of Oban are loud.\n\nThe quay [3] was built of granite [1]."
    )
    ann.post("/v1/documents", json={"title": "Notes", "text": notes})
    (choice,) = ann.post(
        "/v1/chat/completions", json={"model": "footnote", "messages": user("How much does the boat to Iona cost?")}
    ).json()["choices"]
    content = choice["message"]["content"]
    spans = [note["url_citation"] for note in choice["message"]["annotations"]]
    assert content.count("[2]") > 1
    assert [content[one["start_index"] - 1 : one["end_index"]] for one in spans] == ["\n[1]", "\n[2]", "\n[3]"]


def test_usage_comes_last_when_it_is_asked_for(sync: openai.OpenAI) -> None:
    """With `include_usage` every chunk has the member, and one without choices ends the stream; else none has it."""
    asked: dict[str, Any] = {"model": "footnote", "messages": user(QUESTION), "stream": True}
    counted = list(sync.chat.completions.create(**asked, stream_options={"include_usage": True}))
    plain = list(sync.chat.completions.create(**asked))
    assert [chunk.choices for chunk in counted if chunk.usage is not None] == [[]]
    assert counted[-1].usage is not None
    assert all("usage" in chunk.model_fields_set for chunk in counted)
    assert not any("usage" in chunk.model_fields_set for chunk in plain)
    assert all(chunk.choices for chunk in plain)


def test_every_citation_is_an_annotation_that_opens_the_words(
    ann: Client, bob: Client, sync: openai.OpenAI, server: Server, open_footnote: Opener
) -> None:
    """Its span is the marker in the content; its address is the cited page's, or else gives exactly the quote to the
    key that asked, and nothing to another one.
    """
    library = open_footnote(server.data).library
    page = "https://example.org/tyre"
    library.add(Document(page, "Tyre", "Tyre was besieged for thirteen years by Nebuchadnezzar.", url=page), ann.asker)
    library.add(Document("light.txt", "Light", f"\N{SPARKLES}\N{PILE OF POO}\r\n\r\n{LIGHTHOUSE}"), ann.asker)
    opened = 0
    for question in ("How long was Tyre besieged?", "What was the lighthouse at Skerryvore built of?", QUESTION):
        completion = sync.chat.completions.create(model="footnote", messages=user(question))
        message, answer = completion.choices[0].message, (completion.model_extra or {})["footnote"]
        assert answer["status"] == "answered"
        for annotation, citation in zip(message.annotations or [], answer["citations"], strict=True):
            marked, content = annotation.url_citation, message.content or ""
            assert content[marked.start_index : marked.end_index] == f"[{citation['id']}]"
            assert marked.start_index == citation["answer_end"] + 1
            assert marked.title == citation["document"]["title"]
            if citation["document"]["source"] == page:
                assert marked.url == citation["url"]
                assert marked.url.startswith(page)
            else:
                assert ann.get(marked.url).json()["text"] == citation["quote"]
                shared = citation["document"]["source"].startswith("seeds/")
                assert bob.get(marked.url).status_code == (200 if shared else 404)
                opened += 1
    assert opened >= 2


def test_the_public_address_is_that_of_the_annotations(serve: Starter) -> None:
    """Behind a proxy, what opens the words is found where the setting says."""
    server = serve(FOOTNOTE_PUBLIC_URL="https://example.org/footnote/")
    with server.client() as http, client(http) as sync:
        message = sync.chat.completions.create(model="footnote", messages=user(QUESTION)).choices[0].message
    for annotation in message.annotations or []:
        assert annotation.url_citation.url.startswith("https://example.org/footnote/v1/documents/")
    assert message.annotations


def test_the_messages_are_the_conversation(ann: Client, sync: openai.OpenAI) -> None:
    """Questions that follow up on the messages before them are understood as in a conversation that is remembered;
    what is said between them, in whatever order, does not matter, and nothing is remembered.
    """
    talk = ("What did Blinken say?", "Thanks!", "and the Treasury Secretary?")
    remembered = [ann.post("/v1/ask", json={"question": q, "conversation": "talk"}).json() for q in talk]
    expected = remembered[-1]["standalone_question"]
    assert expected != talk[-1]
    first, thanks, second = user(*talk)
    answer = {"role": "assistant", "content": remembered[0]["text"], "footnote": remembered[0], "annotations": []}
    welcome = {"role": "assistant", "content": [{"type": "text", "text": one} for one in ("You are", "welcome.")]}
    other = {"role": "user", "content": "Who is Mao Ning?"}
    called = {"role": "assistant", "content": None, "tool_calls": []}
    for messages in (
        [first, answer, thanks, welcome, second],
        [{"role": "system", "content": "Talk like a pirate."}, first, answer, second],
        [{"role": "assistant", "content": "How can I help you?"}, first, answer, answer, second],
        [other, first, second],
        [first, called, {"role": "tool", "content": "42", "tool_call_id": "a"}, answer, second],
        [first, answer, second, {"role": "assistant", "content": "She said"}],
        [first, answer, {"role": "user", "content": [{"type": "text", "text": talk[-1]}]}],
        [first, answer, {"role": "user", "content": ""}, {"role": "assistant", "content": None}, second],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, first, answer, second],
    ):
        completion = sync.chat.completions.create(model="footnote", messages=messages)
        given = (completion.model_extra or {})["footnote"]
        assert given["standalone_question"] == expected, messages
        assert (given["question"], given["conversation"], given["turn"]) == (talk[-1], None, None)
    alone = sync.chat.completions.create(model="footnote", messages=user(talk[-1]))
    assert (alone.model_extra or {})["footnote"]["standalone_question"] == talk[-1]


def test_instructions_and_what_steers_a_model_have_no_effect(sync: openai.OpenAI) -> None:
    """The answer is the same whatever system and developer say and whatever is set for a model."""
    system = {"role": "system", "content": "Answer every question with the one word BANANA. " * 500}
    developer = {"role": "developer", "content": [{"type": "text", "text": "Cite nothing."}]}
    steering: dict[str, Any] = {
        "temperature": 2,
        "top_p": 0.1,
        "max_tokens": 1,
        "max_completion_tokens": 1,
        "n": 1,
        "stop": ["China"],
        "seed": 7,
        "user": "me",
        "logprobs": True,
        "modalities": ["text"],
        "tool_choice": "required",
        "reasoning_effort": "high",
        "store": True,
        "metadata": {"a": "b"},
        "extra_body": {"top_k": 1},
        "response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}],
    }
    plain = sync.chat.completions.create(model="footnote", messages=user(QUESTION))
    steered = sync.chat.completions.create(model="footnote", messages=[system, developer, *user(QUESTION)], **steering)
    assert steered.choices[0].message == plain.choices[0].message
    assert said((steered.model_extra or {})["footnote"]) == said((plain.model_extra or {})["footnote"])


def test_there_is_one_model(sync: openai.OpenAI) -> None:
    """It is listed and found by its name; any other name is what the package raises NotFoundError for."""
    assert [one.id for one in sync.models.list()] == ["footnote"]
    assert sync.models.retrieve("footnote").object == "model"
    for ask in (
        lambda: sync.models.retrieve("gpt-5"),
        lambda: sync.chat.completions.create(model="gpt-5", messages=user(QUESTION)),
        lambda: sync.chat.completions.create(model="gpt-5", messages=user(QUESTION), stream=True),
    ):
        with pytest.raises(openai.NotFoundError) as raised:
            ask()
        assert raised.value.code == "model_not_found"
        assert "gpt-5" in raised.value.message


def test_what_cannot_be_answered_is_refused_in_plain_words(sync: openai.OpenAI) -> None:
    """Each is an UnprocessableEntityError with a sentence, also where a stream was asked for."""
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    sound = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "Hi"}]}, "There is no message of the role user"),
        ({"messages": user(" \n")}, "The question is empty"),
        ({"messages": [{"role": "user", "content": None}]}, "The question is empty"),
        ({"messages": user("a" * 4001)}, "4,001 characters"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Who?"}, picture]}]}, "pictures"),
        ({"messages": [{"role": "user", "content": [sound]}]}, "sound"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
        ({"messages": [{"content": "Who?"}]}, "messages.0.role"),
        ({"n": 2}, "n must be 1."),
        ({"n": 0}, "n must be 1."),
        ({"modalities": ["text", "audio"]}, "modalities.1 must be 'text'."),
        ({"audio": {"voice": "alloy", "format": "mp3"}}, "audio must be null."),
    ]
    for (more, words), stream in product(cases, (False, True)):
        asked: dict[str, Any] = {"model": "footnote", "messages": user(QUESTION), "stream": stream, **more}
        with pytest.raises(openai.UnprocessableEntityError) as raised:
            sync.chat.completions.create(**asked)
        body: Any = raised.value.body
        assert words in body["message"]
        assert body["type"] == "invalid_request_error"


def test_every_problem_here_has_the_member_that_clients_read(serve: Starter) -> None:
    """401, 404, 405, 413, 415, 400, 422 and 429, wherever they are made, are problems with `error`; none elsewhere."""
    server = serve(FOOTNOTE_API_KEYS="ann:open-sesame-sesame", FOOTNOTE_REQUESTS_A_MINUTE="40")
    path = "/v1/chat/completions"
    good = json.dumps({"model": "footnote", "messages": user(QUESTION)}).encode()
    as_json = {"Content-Type": "application/json"}
    with server.client("open-sesame-sesame") as ann, server.client() as nobody:
        responses = {
            401: nobody.post(path, content=good, headers=as_json),
            404: ann.get("/v1/models/gpt-5"),
            405: ann.get(path),
            413: ann.post(path, content=b" " * 2_000_000, headers=as_json),
            415: ann.post(path, content=good, headers={"Content-Type": "text/plain"}),
            400: ann.post(path, content=good[:-1], headers=as_json),
            422: ann.post(path, json={}),
        }
        elsewhere = [nobody.post("/v1/ask", json={}), ann.post("/v1/ask", json={}), ann.get("/v1/nothing")]
        while (last := ann.get("/v1/models")).status_code == 200:
            pass
        responses[429] = last
    for status, response in responses.items():
        assert response.status_code == status
        assert response.headers["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == status
        assert problem["error"].keys() == {"message", "type", "param", "code"}
        assert problem["error"]["message"] == problem["detail"]
    assert not any("error" in response.json() for response in elsewhere)
    for key, kind, code in (
        ("wrong", openai.AuthenticationError, "invalid_api_key"),
        ("open-sesame-sesame", openai.RateLimitError, "rate_limit_exceeded"),
    ):
        with client(server.client(key)) as sync, pytest.raises(kind) as raised:
            sync.models.list()
        assert raised.value.code == code
        assert raised.value.message.endswith(raised.value.response.json()["detail"])


def test_a_failure_in_the_middle_of_a_stream_is_raised(serve: Starter, open_footnote: Opener) -> None:
    """The library breaks: the package raises the status where there was none yet, and in a stream that had begun what
    the error event says; both without a word of the inside.
    """
    server = serve()
    with open_footnote(server.data).engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE passages RENAME TO lost")
    with server.client() as http, client(http) as sync:
        with pytest.raises(openai.InternalServerError) as plain:
            sync.chat.completions.create(model="footnote", messages=user(QUESTION))
        stream = sync.chat.completions.create(model="footnote", messages=user(QUESTION), stream=True)
        with pytest.raises(openai.APIError) as streamed:
            list(stream)
    assert plain.value.status_code == 503
    for raised in (plain.value, streamed.value):
        body: Any = raised.body
        assert body["message"].startswith("The database cannot be used at the moment.")
        assert body["type"] == "server_error"
        assert "passages" not in str(raised)
