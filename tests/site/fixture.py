"""
A small site source like the one that the report writes: made-up evidence with one of everything.

Its numbers are invented and stand nowhere but in the temporary folder of a test. Run ``python -m tests.site.fixture
FOLDER`` to look at it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import msgspec

from report.conclude.claims import Claim
from report.conclude.interval_rules import Above
from report.conclude.rules import Decision
from report.conclude.statistics import Estimate
from report.conclude.verdicts import ConditionFinding, Decided, Finding, VerdictWord
from report.record.reader import SeedCount
from report.render.page_data import Figure, Number, Page, Picture, Provenance, Site, Table, number_key

ROOT = Path(__file__).parents[2]
HOSTILE = '<script>document.title = "taken over"</script>'
"""Stands for text from another machine, such as the device name in a timing record."""
RECORDS = tuple(f"records/capacity-relu-1-seed-{seed}.json" for seed in range(5))
CODE_OF_RECORDS = "fmnist_ref.metrics.expected_calibration_error"
"""A definition that the records ran and that no page mentions."""
TESTED_BY = "test_q4_3_both_published_models_are_the_same"
"""One of the tests of definitions."""
ORIGIN = Provenance(
    records=RECORDS,
    rebuild="python -m report --only q4",
    made_by="fmnist_ref.training.fit",
    num_seeds=5,
)
PACKAGES = ("fmnist_ref-0.1.0.tar.gz", "fmnist_ref-0.1.0-py3-none-any.whl", "CITATION.cff")
SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
"""Of windows, in CSS pixels."""
INK = {"light": ("#1c2228", "#0072b2"), "dark": ("#dfe5ea", "#56b4e9")}
LAID_OUT = """document.fonts.ready.then(
  () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))"""
"""Waits, in a page, until its fonts are there and whatever reacts to the size of elements has run, which takes a frame."""


def number(text: str, interval: str, *, detectable: str = "", **changes: object) -> Number:
    """Make a number over five seeds: exact without an interval."""
    kind: Literal["confidence", "exact"] = "confidence" if interval else "exact"
    facts = {"value": 3.9, "n": 5, "n_of": "seeds", "unit": "percentage points", "method": "paired t over seeds"}
    return Number(
        text=text,
        interval=interval,
        interval_name="95 % interval" if interval else "exact",
        detectable=detectable,
        estimate=Estimate(kind=kind, **(facts | changes)),  # type: ignore[arg-type]
        provenance=ORIGIN,
    )


GAIN = number("+3.9 pp", "+3.5 to +4.3")
NUMBERS = {
    "gain": GAIN,
    "linear": number("−0.1 pp", "−0.3 to +0.1", detectable="0.4 pp"),
    "images": number("60,000", "", n=1, n_of="data set", unit="images", method="a count"),
    "odd": number("1.4 × 10⁻³ <b>&amp;", "0.0011 to 0.0018", n=10_000, n_of="images", unit=f"ratio {HOSTILE}"),
}


def claim(
    claim_id: str,
    page: str,
    verdict: VerdictWord,
    says: str,
    *,
    numbers: tuple[Number, ...] = (),
    leaning: Decided | None = None,
    conditions: tuple[ConditionFinding, ...] = (),
    seeds: SeedCount | None = None,
    **changes: object,
) -> tuple[Finding, tuple[Number, ...]]:
    """Make a finding and the numbers that decided it."""
    facts = {
        "kind": "E",
        "origin": "said",
        "place": "Q4",
        "measured": "test accuracy, one arm minus the other",
        "rule": Above(0.3),
    }
    row = Claim(id=claim_id, page=page, says=says, **(facts | changes))  # type: ignore[arg-type]
    estimates = tuple(number.estimate for number in numbers)
    finding = Finding(
        claim=row, verdict=verdict, estimates=estimates, leaning=leaning, conditions=conditions, seeds=seeds
    )
    return finding, numbers


def condition(name: str, verdict: Decision, p_value: float, number: Number, **changes: object) -> ConditionFinding:
    """Make what was found under one condition, from one number."""
    facts = {"estimates": (number.estimate,), "p_value": p_value, "rejects": verdict != "undetermined"}
    return ConditionFinding(name=name, verdict=verdict, **(facts | changes))  # type: ignore[arg-type]


FOUND = [
    claim("Q4.1", "q4", "supported", "A hidden layer improves the model.", numbers=(GAIN,)),
    claim("Q4.2", "q4", "refuted", "Depth alone improves it.", numbers=(NUMBERS["linear"], GAIN)),
    claim(
        "Q4.3",
        "q4",
        "false by definition",
        "The two networks compared are different models.",
        kind="D",
        rule=None,
        tests=(TESTED_BY,),
        note="Both classes have the same layers, so their difference is that of two seeds.",
    ),
    claim(
        "Q4.4",
        "q4",
        "true by definition",
        "More units are more parameters.",
        kind="D",
        rule=None,
        tests=("test_units_are_parameters",),
        numbers=(NUMBERS["images"],),
        illustration="images that were counted",
    ),
    claim(
        "Q4.5",
        "q4",
        "undetermined",
        "Deeper is better.",
        leaning="refuted",
        numbers=(NUMBERS["linear"],),
        conditions=(condition("", "undetermined", 0.031, NUMBERS["linear"], leaning="refuted", rejects=True),),
    ),
    claim(
        "Q4.6",
        "q4",
        "depends",
        "More units fit better.",
        numbers=(GAIN, NUMBERS["linear"], GAIN),
        conditions=(
            condition("training images", "supported", 4.2e-5, GAIN),
            condition("unseen images", "refuted", 0.0012, NUMBERS["linear"]),
            condition("new shops", "undetermined", 0.04, GAIN, leaning="supported", rejects=True),
        ),
    ),
    claim("Q4.7", "q4", "see another row", "A layer is what it takes.", see="Q4.1", rule=None, measured="See Q4.1"),
    claim("Q4.8", "q4", "supported", "A linear layer is worth nothing.", numbers=(GAIN,), origin="ours", place=""),
    claim(
        "P1.2",
        "part1",
        "not all runs yet",
        "It falls at every epoch.",
        seeds=SeedCount(done=1, planned=25),
        place="Code",
    ),
    claim("P1.1", "part1", "supported", "The training loss falls.", numbers=(NUMBERS["odd"],)),
    claim("P1.3", "part1", "true by definition", "Softmax twice raises the lowest loss.", kind="D", rule=None),
    claim("Q6.2", "q6", "not testable here", f"A {HOSTILE} cuts training time.", kind="G"),
    claim("Q6.4", "q6", "not assessed in the quick profile", "A GPU loads data in parallel."),
    claim("Q6.9", "q6", "not measured yet", "The hardware made it slow."),
]
CLAIMS = [finding for finding, _ in FOUND]
DECIDING = {
    number_key(finding.claim.id, index): number for finding, found in FOUND for index, number in enumerate(found)
}
TITLES = {
    "part1": "Does training longer lower the loss?",
    "q4": "What does a hidden layer add?",
    "q6": "Does training need a GPU?",
}


def figure(name: str, title: str, size: tuple[int, int], narrow: tuple[int, int] | None = None) -> Figure:
    """Make a figure whose files `write_source` draws, for phones too where a narrow size is given."""
    return Figure(
        wide=_picture(name, size),
        narrow=_picture(f"{name}-narrow", narrow) if narrow else None,
        title=title,
        alt=f"A line rises steeply, then flattens. {title}",
        caption="784-128-10 network, SGD, learning rate 0.01, batch 64. Line: mean of 5 seeds; band: their range.",
        data=f"data/{name}.csv",
        provenance=ORIGIN,
    )


def _picture(name: str, size: tuple[int, int]) -> Picture:
    width, height = size
    return Picture(light=f"figures/{name}-light.svg", dark=f"figures/{name}-dark.svg", width=width, height=height)


def pages() -> list[Page]:
    """Make the evidence of three answer pages."""
    table = Table(
        title="Accuracy of each network",
        caption="Test accuracy after 100 epochs",
        columns=["Network", "Parameters", "Test accuracy (%)", "95 % interval", "Training loss (nats)"],
        rows=[
            ["no hidden layer", "7,850", "84.1", "84.0 to 84.2", "0.412"],
            ["one ReLU layer of 128", "101,770", "88.0", "87.8 to 88.2", "0.214"],
        ],
        numeric=[False, True, True, True, True],
        data="data/q4-accuracy.csv",
        provenance=ORIGIN,
    )
    return [
        Page(
            name=name,
            title=title,
            headline=None if name == "q6" else GAIN,
            headline_label="test accuracy, with one hidden layer against none",
            card=figure(f"{name}-card", "A layer is worth four points", (320, 150)) if name != "q6" else None,
            numbers=NUMBERS | DECIDING,
            claims={finding.claim.id: finding for finding in CLAIMS if finding.claim.page == name},
            figures={
                f"{name}-accuracy": figure(
                    f"{name}-accuracy", "One hidden layer is worth four points", (720, 400), (326, 240)
                )
            },
            tables={f"{name}-accuracy": table},
        )
        for name, title in TITLES.items()
    ]


def site() -> Site:
    """Make the evidence of the whole."""
    words = [finding.verdict for finding in CLAIMS if finding.claim.counts]
    return Site(
        version="0.1.0",
        commit="0123456789abcdef0123456789abcdef01234567",
        made_on="2026-01-02",
        profile="full",
        runs_done=307,
        runs_planned=307,
        data_source="system package",
        data_sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        environment={"processor": f"Example CPU {HOSTILE}", "cores": "2", "torch": "2.14.1"},
        pages=tuple(TITLES),
        verdicts={word: words.count(word) for word in words},
        controls={"supported": 1},
    )


def draw(size: tuple[int, int], theme: str) -> str:
    """Draw a curve, as SVG."""
    width, height = size
    ink, line = INK[theme]
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<g fill="none" stroke="{ink}" stroke-opacity="0.25"><path d="M40 10V{height - 30}H{width - 10}"/></g>
<path d="M42 {height - 40}C{width // 4} 30 {width // 2} 25 {width - 20} 22" fill="none" stroke="{line}" stroke-width="2"/>
<text x="{width // 2}" y="{height - 8}" fill="{ink}" font-family="sans-serif" font-size="13">epoch</text>
</svg>
"""


def keywords(name: str) -> str:
    """Return the directive with which the real page of that name is found."""
    template = (ROOT / f"report/render/templates/{name}.md.j2").read_text(encoding="utf-8")
    return template.partition("{% block keywords %}")[2].partition("{% endblock %}")[0].strip()


def answer(page: Page) -> str:
    """Write an answer page with everything that the templates use."""
    return f"""\
---
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

(answer-{page.name})=
# {page.title}

{keywords(page.name)}

:::{{admonition}} Short answer
:class: short-answer
It adds {{measured}}`gain`; a linear one adds {{measured}}`{page.name}/linear`. It has seen {{measured}}`images` images. {{verdict}}`Q4.1`
It is one hidden layer, and what it adds to is test accuracy.
:::

## What the notebook says

```{{claims}}
```

See {{ref}}`Q4.1`, and the odd number {{measured}}`odd`.

## Explanation

The loss {{cite:p}}`guo2017` is that of {{py:func}}`fmnist_ref.cross_entropy`, inline $p_k = e^{{z_k}}$, and set apart:

$$
\\operatorname{{softmax}}(z)_k = \\frac{{e^{{z_k}}}}{{\\sum_{{j=1}}^K e^{{z_j}}}}, \\qquad L = -\\log p_y
$$ (eq-{page.name})

Two linear layers are one, $z = W_2 (W_1 x + b_1) + b_2 = (W_2 W_1) x + (W_2 b_1 + b_2)$, which no phone shows in one line.

The variance is $\\lVert \\hat g - G \\rVert^2$, and it falls as $1/B$.

## Evidence

```{{result-figure}}
:name: {page.name}-accuracy
:number: Figure Q4.1
```

See {{ref}}`Table Q4.1 <table-{page.name}-accuracy>`.

```{{result-table}}
:name: {page.name}-accuracy
:number: Table Q4.1
```

| layer | accuracy |
|---|---:|
| none | 84.1 |

## The code

```{{code-cell}} python
import torch
from fmnist_ref import MLP, fit, load_sample, normalize

sample = load_sample("train")
torch.manual_seed(0)
model = MLP(hidden=(128,))
```

```{{code-cell}} python
history = fit(model, normalize(sample.images), sample.labels, epochs=2)
print(len(history.running_loss), "epochs")
```

## Literature

```{{bibliography}}
:filter: docname in docnames
:list: bullet
```

## Cite this page

```{{cite-page}}
```
"""


def write_source(folder: Path) -> None:
    """Write a Sphinx source folder: a copy of ``docs/`` with answers, evidence, figures, records and data."""
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("__pycache__", "fmnist_ref.*"))
    for name in ("answers", "evidence", "figures", "published/records", "published/data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for page in pages():
        (folder / f"answers/{page.name}.md").write_text(answer(page), encoding="utf-8")
        (folder / f"evidence/{page.name}.json").write_bytes(msgspec.json.encode(page))
        for drawn in [*page.figures.values(), *([page.card] if page.card else [])]:
            for picture in filter(None, (drawn.wide, drawn.narrow)):
                size = (picture.width, picture.height)
                (folder / picture.light).write_text(draw(size, "light"), encoding="utf-8")
                (folder / picture.dark).write_text(draw(size, "dark"), encoding="utf-8")
            (folder / "published" / drawn.data).write_text("epoch,accuracy\n1,0.84\n", encoding="utf-8")
        for table in page.tables.values():
            (folder / "published" / table.data).write_text("layer,accuracy\nnone,84.1\n", encoding="utf-8")
    for record in RECORDS:
        (folder / "published" / record).write_bytes(
            msgspec.json.encode({"code": {CODE_OF_RECORDS: "0123456789abcdef"}})
        )
    (folder / "published/packages").mkdir()
    for name in PACKAGES:
        (folder / "published/packages" / name).write_text("made up\n", encoding="utf-8")
    (folder / "evidence/site.json").write_bytes(msgspec.json.encode(site()))


def build(source: Path, output: Path, **environment: str) -> str:
    """Build a source folder as strictly as the report does; return what Sphinx said."""
    command = [sys.executable, "-m", "report.publish.sphinx_build", "-n", "-W", "--keep-going", "-b", "html"]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("FMNIST_REF_")}
    done = subprocess.run(
        [*command, str(source), str(output)],
        cwd=ROOT,
        env=settings | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


if __name__ == "__main__":
    write_source(Path(sys.argv[1]))
