"""Forms, tables and lists to train on, as loaders give them, with questions about one field, cell or list.

They are made up from `pages.toml`, since no data with a free licence has them. Half of the questions are about what the
page lacks: a field of such a form that is left out, a row or a column that is not there.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.training.data import Row

_BANK = tomllib.loads((Path(__file__).parent / "pages.toml").read_text("utf-8"))
_UNANSWERED = 0.5  # share of the questions that ask for what the page lacks
_LOWER = 0.15  # share of the questions without capitals and question marks
_FEWEST, _MOST = 4, 11  # fields of a form
_COLUMNS = (2, 7)
_ROWS = (3, 9)
_ITEMS = (3, 5)
_FIRST = (
    "Anna",
    "Boris",
    "Chen",
    "Dalia",
    "Emil",
    "Freya",
    "Goran",
    "Helen",
    "Isaac",
    "Jana",
    "Kofi",
    "Lena",
    "Miguel",
)
_LAST = ("Abbott", "Brandt", "Castro", "Dawson", "Eriksen", "Farkas", "Gupta", "Horvat", "Ito", "Jensen", "Kovac", "Li")
_FIRMS = (
    "Northwind",
    "Delta Print",
    "Harbour Foods",
    "Meyer & Sons",
    "Blue Ridge",
    "Alpina",
    "Orbit Systems",
    "Casa Verde",
)
_SUFFIXES = ("Ltd", "Inc.", "GmbH", "LLC", "S.A.", "Co.", "AG", "plc")
_STREETS = (
    "Mill Lane",
    "Station Road",
    "Market Street",
    "Oak Avenue",
    "Harbour View",
    "Rue Pasteur",
    "Lindenweg",
    "Church Hill",
)
_TOWNS = (
    "Ashford",
    "Bremen",
    "Calais",
    "Dundee",
    "Elgin",
    "Ferrol",
    "Geneva",
    "Hilo",
    "Ipswich",
    "Jena",
    "Kiel",
    "Lugano",
)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ASIDE = (
    "Thank you for your business.",
    "Please keep this page for your records.",
    "This document was made by a machine and is valid without a signature.",
    "For more information visit our website.",
    "All figures are provisional.",
    "Page 1 of 2",
    "If you have any questions, do not hesitate to contact us.",
    "See notes at end of table.",
    "Terms and conditions apply.",
)
_WORDS = {
    "country": ("Austria", "Brazil", "Canada", "Denmark", "Estonia", "France", "Ghana", "India", "Japan", "Vietnam"),
    "job": (
        "engineer",
        "nurse",
        "Teacher",
        "Sales manager",
        "accountant",
        "Cook",
        "Driver",
        "Research assistant",
        "Chaplain",
        "Clerk",
    ),
    "department": ("Finance", "Human Resources", "Kitchen", "Legal", "IT", "Marketing", "Laboratory", "Warehouse"),
    "carrier": ("DHL", "UPS", "Parcel Force", "FedEx Ground", "own van", "GLS", "Royal Mail"),
    "colour": ("black", "white / silver", "red", "navy blue", "olive, sand", "oak"),
    "language": ("English", "Spanish, French", "German (fluent)", "Portuguese", "Turkish and Arabic", "Polish"),
    "law": ("State of Delaware", "England and Wales", "Swiss law", "laws of Ontario", "German law"),
    "method": ("bank transfer", "Visa", "cash", "PayPal", "direct debit", "cheque"),
    "product": ("HX-200", "Compact 3", "Aero Plus", "TR 45/B", "Nova Mini", "K9 Pro"),
    "room": ("204", "B 12", "double room, sea view", "Annex 3.1", "single", "1017", "family suite"),
    "school": (
        "University of Leeds",
        "B.Sc.",
        "high school diploma",
        "Master of Divinity",
        "vocational training",
        "PhD in physics",
    ),
    "status": ("single", "married", "divorced", "widowed"),
    "terms": (
        "30 days net",
        "14 days, 2 % discount",
        "three months to the end of the month",
        "on receipt",
        "up to 48 hours before arrival",
        "60 days",
    ),
    "voltage": ("230 V AC", "12 V DC", "100-240 V, 50/60 Hz", "5 V USB"),
    "yes": ("yes", "no", "Yes", "No", "on request", "included", "not included", "X", "none"),
}


@dataclass(frozen=True, slots=True)
class _Field:
    kind: str
    names: tuple[str, ...]
    questions: tuple[str, ...]


def page_rows(chance: random.Random, count: int) -> list[Row]:
    """As many rows with a question and a page each, of the three kinds."""
    values = _Values(chance)
    return [
        chance.choice(_MAKERS)(values, chance) | {"id": f"pages/{number}", "file": "pages"} for number in range(count)
    ]


def _form_row(values: _Values, chance: random.Random) -> Row:
    form = chance.choice(list(_BANK["forms"].values()))
    fields = _fields(form["fields"])
    chosen = chance.sample(fields, min(len(fields), chance.randint(_FEWEST, _MOST)))
    names = {field: chance.choice(field.names) for field in chosen}
    used = set(names.values())
    told = [(names[field], values.of(field.kind)) for field in chosen if list(names.values()).count(names[field]) == 1]
    known = [field for field in chosen if (names[field] in dict(told))]
    absent = [field for field in fields if field not in chosen and not used & set(field.names)]
    answered = chance.random() >= _UNANSWERED or not absent
    asked = chance.choice(known if answered else absent)
    page, places = _laid_out(told, chance)
    place = places[known.index(asked)] if answered else None
    page, place = _framed(page, place, [chance.choice(form["titles"]), *values.head()], chance)
    return _row(page, _question(asked.questions, "", chance), place)


def _laid_out(told: Sequence[tuple[str, str]], chance: random.Random) -> tuple[str, list[tuple[int, int]]]:
    """The pairs as a page, and where each value stands in it."""
    style = chance.choice(
        ("colon", "colon", "colon", "bar", "under", "space", "two", "dots", "columns", "markdown", "bold", "equals")
    )
    page, places = "", []
    if style == "columns":
        page += " ".join(name for name, _ in told) + "\n"
        for _, value in told:
            places.append((len(page), len(page) + len(value)))
            page += value + " "
        return page.rstrip(" "), places
    if style == "markdown":
        page += "| Field | Value |\n| --- | --- |\n"
    for number, (name, value) in enumerate(told):
        before, after = {
            "colon": (f"{name}: ", "\n"),
            "bar": (f"{name} | ", "\n"),
            "under": (f"{name}\n", "\n"),
            "space": (f"{name} ", "\n"),
            "two": (f"{name}: ", "\n" if number % 2 else " "),
            "dots": (f"{name} {'.' * chance.randint(3, 9)} ", "\n"),
            "markdown": (f"| {name} | ", " |\n"),
            "bold": (f"**{name}**: ", "\n"),
            "equals": (f"{name}\t", "\n"),
        }[style]
        page += before
        places.append((len(page), len(page) + len(value)))
        page += value + after
    return page.rstrip(), places


def _table_row(values: _Values, chance: random.Random) -> Row:
    table = chance.choice(list(_BANK["tables"].values()))
    fields, names = _fields(table["columns"]), table["rows"].split("; ")
    columns = chance.sample(fields, min(len(fields) - 1, chance.randint(*_COLUMNS)))
    start = chance.randrange(len(names))
    rows = [names[(start + n) % len(names)] for n in range(chance.randint(*_ROWS))]
    if chance.random() < 0.5:
        rows = chance.sample(names, len(rows))
    heads = [chance.choice(field.names) for field in columns]
    cells = [[values.of(field.kind) for field in columns] for _ in rows]
    row, column = chance.randrange(len(rows)), chance.randrange(len(columns))
    asked_row, asked = rows[row], columns[column]
    answered = chance.random() >= _UNANSWERED
    if not answered:
        absent = [field for field in fields if field not in columns and not set(field.names) & set(heads)]
        other = [name for name in names if name not in rows]
        if absent and chance.random() < 0.6:
            asked = chance.choice(absent)
        else:
            asked_row = chance.choice(other)
    page, place = _drawn(rows, heads, cells, (row, column), chance)
    titles = [chance.choice(table["titles"])] if chance.random() < 0.8 else []
    page, found = _framed(page, place if answered else None, titles, chance)
    name = asked_row if chance.random() < 0.5 else asked_row.lower()
    return _row(page, _question(asked.questions, name, chance), found)


def _drawn(
    rows: Sequence[str],
    heads: Sequence[str],
    cells: Sequence[Sequence[str]],
    asked: tuple[int, int],
    chance: random.Random,
) -> tuple[str, tuple[int, int]]:
    """The table as text, and where the cell that is asked for stands."""
    style = chance.choice(("bars", "bars", "bars", "spaces", "markdown", "tabs", "semicolons"))
    between, begin, end = {
        "bars": (" | ", "", ""),
        "spaces": (" ", "", ""),
        "markdown": (" | ", "| ", " |"),
        "tabs": ("\t", "", ""),
        "semicolons": (";", "", ""),
    }[style]
    corner = chance.choice(("", "", "Name", "Item", "Characteristic", "Country", "Description"))
    lines = [
        " ".join((corner, *heads)).strip()
        if style == "bars" and chance.random() < 0.4
        else begin + between.join((corner or " ", *heads)) + end
    ]
    if style == "markdown":
        lines.append("|" + " --- |" * (1 + len(heads)))
    page, place = "\n".join(lines).strip(" ") + "\n", (0, 0)
    for number, (name, values) in enumerate(zip(rows, cells, strict=True)):
        page += begin + name
        for at, value in enumerate(values):
            page += between
            if (number, at) == asked:
                place = len(page), len(page) + len(value)
            page += value
        page += end + "\n"
    return page.rstrip(), place


def _list_row(values: _Values, chance: random.Random) -> Row:
    this, other = chance.sample(_BANK["lists"], 2)
    items = chance.sample(this["items"].split("; "), chance.randint(*_ITEMS))
    lead = chance.choice(this["leads"])
    mark = chance.choice(("- ", "* ", "• ", "", "1"))
    page = f"{lead}{chance.choice((':', ':', ''))}\n"
    start = len(page)
    page += "\n".join(f"{f'{n + 1}. ' if mark == '1' else mark}{one}" for n, one in enumerate(items))
    answered = chance.random() >= _UNANSWERED
    place = (start, len(page)) if answered else None
    page, place = _framed(page, place, values.head(), chance)
    return _row(page, _question((this if answered else other)["questions"], "", chance), place)


def _framed(
    page: str, place: tuple[int, int] | None, above: Sequence[str], chance: random.Random
) -> tuple[str, tuple[int, int] | None]:
    """The page with lines above it and perhaps one below, and the place in it."""
    head = "".join(f"{line}\n" for line in above)
    below = f"\n{chance.choice(_ASIDE)}" if chance.random() < 0.5 else ""
    moved = None if place is None else (place[0] + len(head), place[1] + len(head))
    return head + page + below, moved


def _row(page: str, question: str, place: tuple[int, int] | None) -> Row:
    answers = [] if place is None else [{"start": place[0], "text": page[slice(*place)]}]
    negative = {} if answers else {"negative": "human"}
    return {"question": question, "passage": page, "answers": answers, "answerable": bool(answers)} | negative


def _question(questions: Sequence[str], row: str, chance: random.Random) -> str:
    question = chance.choice(list(questions)).replace("{row}", row)
    return question.lower().rstrip("?") if chance.random() < _LOWER else question


def _fields(lines: str) -> list[_Field]:
    found = []
    for line in lines.strip().split("\n"):
        kind, names, questions = line.split(" | ")
        found.append(_Field(kind, tuple(names.split("; ")), tuple(questions.split("; "))))
    return found


class _Values:
    """Makes what stands in fields and cells."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def of(self, kind: str) -> str:
        """A value of the kind, which is a word of `pages.toml`."""
        made = getattr(self, f"_{kind}", None)
        return str(made()) if made is not None else self._chance.choice(_WORDS[kind])

    def head(self) -> list[str]:
        """Up to two lines as they stand at the top of a page."""
        lines = [self._firm(), self._address(), self._chance.choice(_ASIDE)]
        return self._chance.sample(lines, self._chance.randint(0, 2))

    def _big(self) -> str:
        return f"{int(10 ** self._chance.uniform(1.5, 6.5)):,}"

    def _money(self) -> str:
        amount = f"{10 ** self._chance.uniform(0.5, 4.5):,.2f}"
        return self._chance.choice(("{}", "${}", "$ {}", "{} EUR", "€{}", "£{}", "USD {}")).format(amount)

    def _date(self) -> str:
        year, month, day = self._chance.randint(2003, 2026), self._chance.randint(1, 12), self._chance.randint(1, 28)
        name = _MONTHS[month - 1]
        european, other = f"{day:02}.{month:02}.{year}", f"{day:02}/{month:02}/{year}"
        forms = other, f"{year}-{month:02}-{day:02}", f"{day} {name} {year}", f"{name} {day}, {year}", european
        return self._chance.choice(forms)

    def _id(self) -> str:
        letters = self._chance.choice(("", "", "INV-", "A", "RE", "PO-", "K/", "2024-", "CT"))
        return letters + str(self._chance.randint(1000, 99_999_999))

    def _name(self) -> str:
        return self._person() if self._chance.random() < 0.7 else self._firm()

    def _names(self) -> str:
        return ", ".join(self._person() for _ in range(self._chance.randint(2, 4)))

    def _person(self) -> str:
        return f"{self._chance.choice(_FIRST)} {self._chance.choice(_LAST)}"

    def _firm(self) -> str:
        return f"{self._chance.choice(_FIRMS)} {self._chance.choice(_SUFFIXES)}"

    def _address(self) -> str:
        street = f"{self._chance.randint(1, 199)} {self._chance.choice(_STREETS)}"
        return f"{street}, {self._chance.randint(1000, 99999)} {self._chance.choice(_TOWNS)}"

    def _phone(self) -> str:
        form = self._chance.choice(("+44 20 {} {}", "({}) {}", "0{}/{}", "+1-{}-{}"))
        return form.format(self._chance.randint(200, 999), self._chance.randint(10000, 9999999))

    def _email(self) -> str:
        name = self._chance.choice(_LAST).lower()
        return f"{name}@{self._chance.choice(('example.com', 'mail.example.org', 'office.example.net'))}"

    def _range(self) -> str:
        low = self._chance.uniform(0.1, 9)
        return f"({low:.1f}-{low + self._chance.uniform(0.2, 4):.1f})"

    def _count(self) -> str:
        return str(self._chance.randint(1, 60))

    def _decimal(self) -> str:
        return f"{self._chance.uniform(0.1, 99):.{self._chance.randint(1, 2)}f}"

    def _hours(self) -> str:
        return f"{self._chance.randint(1, 48)} {self._chance.choice(('h', 'hours', 'min'))}"

    def _iban(self) -> str:
        country, check = self._chance.choice(("DE", "GB", "FR", "AT")), self._chance.randint(10, 99)
        return " ".join([f"{country}{check}", *(str(self._chance.randint(1000, 9999)) for _ in range(3))])

    def _noise(self) -> str:
        return f"{self._chance.randint(20, 90)} dB(A)"

    def _percent(self) -> str:
        share = f"{self._chance.uniform(0, 99):.{self._chance.randint(0, 2)}f}"
        return share + self._chance.choice(("%", " %", ""))

    def _place(self) -> str:
        return self._chance.choice(_TOWNS if self._chance.random() < 0.5 else _STREETS)

    def _power(self) -> str:
        return f"{self._chance.randint(2, 2400)} W"

    def _size(self) -> str:
        return f"{self._chance.randint(5, 120)} {self._chance.choice(('m²', 'x 40 x 22 cm', 'cm', 'inches', 'mm'))}"

    def _temperature(self) -> str:
        return f"{self._chance.randint(-20, 5)} to {self._chance.randint(20, 60)} °C"

    def _time(self) -> str:
        return f"{self._chance.randint(0, 23):02}:{self._chance.choice((0, 15, 30, 45)):02}"

    def _weight(self) -> str:
        return f"{self._chance.uniform(0.1, 80):.1f} kg"

    def _years(self) -> str:
        return f"{self._chance.randint(1, 10)} years"


_MAKERS: tuple[Callable[[_Values, random.Random], Row], ...] = (
    *[_form_row] * 9,
    *[_table_row] * 9,
    *[_list_row] * 2,
)
