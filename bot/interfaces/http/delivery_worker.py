"""Background work of the server: questions that came with a reply URL are answered, and the answers sent there.

Several servers on one database share the work. Of a reply URL only the host is logged: the rest may be secret.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import structlog

from bot.answers import Turn
from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.http.routes.question_webhook import turn_of, write_answer
from bot.interfaces.http.service import Service
from bot.storage.deliveries import Sending
from bot.storage.webhook_questions import Stored
from retrieval.library.catalogue import readable_by
from retrieval.net.url import OutboundError, WebAddress, read_address
from retrieval.store.tables import now

_ANSWERING, _SENDING = 2, 8  # threads
_EACH = _SENDING // 2  # threads that send for one asker, whose receivers may hang: others are not held up by them
_LOOK = 0.5  # seconds between looks at what other processes, the past or the clock have left to do
_PAUSE = 2.0  # seconds after a failure
_LONGEST_IDLE = 30.0  # seconds without being notified
_PRUNE = 3600.0  # seconds
_GONE = 410
_log = structlog.get_logger("footnote.webhook")


class _Failure(NamedTuple):
    """Why an attempt failed, as `Deliveries.not_delivered` wants it."""

    why: str
    status: int | None = None
    wait: float | None = None
    final: bool = False


class BackgroundThreads:
    """Threads that call `step` again and again; after one that found nothing to do (False), they wait for `notify`."""

    def __init__(self, name: str, threads: int, step: Callable[[], bool]) -> None:
        self._step = step
        self._condition = threading.Condition()
        self._notified = 0
        self._stopping = threading.Event()
        # They end in `stop`; where a process ends without that, they must not keep it.
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def notify(self) -> None:
        """Wake the threads: there is something to do."""
        with self._condition:
            self._notified += 1
            self._condition.notify_all()

    def stop(self) -> None:
        """Wait for the running steps; start no other."""
        self._stopping.set()
        self.notify()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            seen = self._notified
            try:
                if self._step():
                    continue
            except Exception as error:  # noqa: BLE001  # whatever it is, the next step may succeed
                _log.error("failed", exc_info=error)
                self._stopping.wait(_PAUSE)
            with self._condition:
                # A default has no type.
                self._condition.wait_for(lambda seen=seen: self._notified != seen, _LONGEST_IDLE)  # type: ignore[misc]


class DeliveryWorker:
    """The threads of one server that answer what came with a reply URL, and deliver the answers."""

    def __init__(self, service: Service) -> None:
        self._service, self._bot = service, service.bot
        self._answering = BackgroundThreads("answering", _ANSWERING, self._answer_next)
        self._sending = BackgroundThreads("sending", _SENDING, self._send_next)
        self._watching = threading.Thread(target=self._watch, name="watching", daemon=True)
        self._stopping = threading.Event()
        self._sent_for: Counter[str] = Counter()  # threads by asker
        self._choice = threading.Lock()

    def start(self) -> None:
        """Start with what is stored, and continue with what comes."""
        self._answering.start()
        self._sending.start()
        self._watching.start()

    def notify(self) -> None:
        """Wake the threads that answer: a question has come."""
        self._answering.notify()

    def stop(self) -> None:
        """Finish the running answers and deliveries; start no other."""
        self._answering.stop()
        self._sending.stop()
        self._stopping.set()
        if self._watching.ident is not None:
            self._watching.join()

    def _watch(self) -> None:
        pruned = -_PRUNE
        while not self._stopping.wait(_LOOK):
            at = time.monotonic()
            try:
                if self._bot.webhook_questions.due():
                    self._answering.notify()
                if self._bot.deliveries.due():
                    self._sending.notify()
                if at - pruned >= _PRUNE:
                    self._bot.webhook_questions.prune()
                    pruned = at
            except Exception as error:  # noqa: BLE001  # the next look may find the database again
                _log.error("failed", exc_info=error)
                self._stopping.wait(_PAUSE)

    def _answer_next(self) -> bool:
        question = self._bot.webhook_questions.claim()
        if question is None:
            return False
        try:
            _, delivery = write_answer(self._service, question, self._turn, CancellationToken())
        except Exception as error:  # noqa: BLE001  # whatever it is, the question is not lost
            _log.error("not answered", message=question.message_id, asker=question.asker, exc_info=error)
        else:
            if delivery is not None:
                self._sending.notify()
        return True

    def _turn(self, question: Stored) -> Turn:
        """The turn, about those of its documents that are still there: whoever asked has been told that it is taken."""
        turn = turn_of(question)
        if turn.documents is None:
            return turn
        there = self._bot.library.present(turn.documents, readable_by(turn.asker))
        return replace(turn, documents=tuple(one for one in turn.documents if one in there))

    def _send_next(self) -> bool:
        with self._choice:
            enough = [asker for asker, threads in self._sent_for.items() if threads >= _EACH]
            sending = self._bot.deliveries.claim(besides=enough)
            if sending is None:
                return False
            self._sent_for[sending.asker] += 1
        try:
            self._send(sending)
        finally:
            self._bot.deliveries.let_go(sending)
            with self._choice:
                self._sent_for[sending.asker] -= 1
        return True

    def _send(self, sending: Sending) -> None:
        address = read_address(sending.url)
        log = _log.bind(delivery=sending.id, asker=sending.asker, host=address.authority, attempt=sending.attempts + 1)
        try:
            outcome = self._attempt(sending, address)
        except Exception as error:  # whatever it is, it is an attempt that failed
            log.error("failed", exc_info=error)
            outcome = _Failure(f"failed on this side ({type(error).__name__})")
        if isinstance(outcome, int):
            self._bot.deliveries.delivered(sending, outcome)
            self._service.metrics.deliveries.labels("delivered").inc()
            log.info("delivered", status=outcome)
            return
        next_at = self._bot.deliveries.not_delivered(sending, **outcome._asdict())
        self._service.metrics.deliveries.labels("failed" if next_at is None else "retried").inc()
        again_in = None if next_at is None else round(next_at - now(), 1)
        log.warning("not delivered", status=outcome.status, why=outcome.why, again_in=again_in)

    def _attempt(self, sending: Sending, address: WebAddress) -> int | _Failure:
        """The status with which the receiver took it, or why it did not."""
        body = sending.event.encode("ascii")
        try:
            signed = self._service.secrets.sign(sending.asker, sending.id, now(), body)
        except KeyError:
            return _Failure(f"no secret is set for {sending.asker.removeprefix('webhook:')}: FOOTNOTE_WEBHOOK_SECRETS")
        try:
            headers = {**signed, "content-type": "application/json"}
            return self._bot.reply_urls.post(sending.url, body, headers).status
        except OutboundError as error:
            # Without the address, of which only the host may be logged, and without advice meant for documents.
            why = f"{error.what}. {error.inside}" if error.inside else error.what
            return _Failure(why, error.status, error.retry_after, error.refused or error.status == _GONE)
