"""The ledger as text, and the table of verdicts at the end of a report."""

from rich.console import Console

from report.answers import CLAIMS
from report.cli import main
from report.cli.claims import describe
from report.cli.run import verdict_table
from report.conclude.claims import Claim
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import Conditions
from report.conclude.statistics import exact, mean_with_t_interval
from report.conclude.verdicts import conclude

ABOUT = {"page": "q2", "says": "Small batches are better.", "kind": "E", "measured": "Accuracy", "place": "Q2, code"}
BOTH = Conditions({"equal epochs": Above(0.3), "equal updates": Below()})
UP = mean_with_t_interval([1.0, 1.1, 0.9, 1.0, 1.2], unit="percentage points", signed=True)


def claim(**changes):
    return Claim(**({"id": "Q2.5", "origin": "said", "rule": BOTH} | ABOUT | changes))


def test_a_claim_is_told_with_who_says_it_where_and_the_rule_of_each_condition():
    assert list(describe(claim(note="Look twice."))) == [
        "Q2.5 (E, said: Q2, code) Small batches are better.",
        "    Measured: Accuracy.",
        f"    Rule for equal epochs: {Above(0.3).describe()}.",
        f"    Rule for equal updates: {Below().describe()}.",
        "    Note: Look twice.",
    ]
    assert list(describe(claim(origin="ours", place="", rule=Above())))[:2] == [
        "Q2.5 (E, ours) Small batches are better.",
        "    Not counted: the notebook does not say it.",
    ]
    assert list(describe(claim(see="Q2.8", rule=None)))[1:] == ["    Decided by Q2.8, and not counted again."]
    definition = claim(kind="D", rule=None, holds=False, tests=("test_it",), illustration="Both accuracies")
    assert list(describe(definition))[1:] == [
        "    Settled by: Accuracy.",
        "    False by definition. Checked by test_it.",
        "    Illustration, without a verdict: Both accuracies.",
    ]


def test_the_whole_ledger_is_printed(capsys):
    assert main(["claims"]) == 0
    told = capsys.readouterr().out
    assert all(f"{claim.id} ({claim.kind}, {claim.origin}" in told for claim in CLAIMS.values())


def told(claims, estimates):
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(verdict_table(conclude(claims, estimates, "full")))
    return [" ".join(line.replace("│", " ").split()) for line in captured.get().splitlines()]


def test_the_table_of_verdicts_has_each_condition_with_its_test():
    count = exact(40, unit="epochs", n=3, n_of="runs")
    claims = {"A": claim(id="A"), "B": claim(id="B", rule=Above(), origin="ours")}
    lines = told(claims, {"A": (UP, UP), "B": (count,)})
    epochs, updates = (
        next(line for line in lines if name + " +1" in line) for name in ("equal epochs", "equal updates")
    )
    assert epochs.startswith("A ± depends (supported: equal epochs;")
    assert epochs.endswith("5 seeds 0.00013")
    assert "+0.90 to +1.18" in updates
    assert any(line.startswith("B (ours) ✓ supported 40") and "exact" in line for line in lines)
