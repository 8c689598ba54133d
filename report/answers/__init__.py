"""What the records say: one module per answer page, all of them pure functions of records."""

from report.answers import part1, q4, q5
from report.answers.base import Answer

ANSWERS: dict[str, Answer] = {m.ANSWER.name: m.ANSWER for m in (part1, q4, q5)}
