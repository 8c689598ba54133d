"""What the records say: one module per answer page, all of them pure functions of records."""

from report.answers import data, part1, q1, q2, q3, q4, q5, q6, speed
from report.answers.base import Answer

ANSWERS: dict[str, Answer] = {m.ANSWER.name: m.ANSWER for m in (part1, q1, q2, q3, q4, q5, q6)}
"""The answers to Part 1 and the six questions, in order."""
OTHER_PAGES: dict[str, Answer] = {m.ANSWER.name: m.ANSWER for m in (data, speed)}
"""Pages that show records but answer no question of the notebook."""
