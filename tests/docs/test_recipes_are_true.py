"""The recipes for offers load and do what their tables say; a page with a mistake is found out."""

from pathlib import Path

import pytest
from tests.docs.recipes import Recipe, differing, recipes
from tests.docs.twins import DOCS

from distcore.codec.kinds import KINDS
from distcore.kernel import InputError
from distcore.pricing import Basis, ReturnPolicy, Stage, Which

PAGE = (DOCS / "how-to" / "recipes-for-offers.md").read_text(encoding="utf-8")
WORDS = [
    *(
        ("kind", kind)
        for union in ("effect", "threshold", "products", "charge", "validity")
        for kind in KINDS[union]
    ),
    *(("basis", each.value) for each in Basis),
    *(("stage", each.value) for each in Stage if each is not Stage.LINE),  # which it is where nothing is said
    *(("which", each.value) for each in Which),
]


@pytest.mark.parametrize("recipe", recipes(PAGE), ids=lambda recipe: recipe.title)
def test_a_recipe_is_true(recipe: Recipe, tmp_path: Path) -> None:
    assert differing(recipe, tmp_path) == []


@pytest.mark.parametrize(("field", "word"), WORDS, ids=str)
def test_every_kind_has_a_recipe(field: str, word: str) -> None:
    assert any(f'{field} = "{word}"' in document for recipe in recipes(PAGE) for document in recipe.documents)


def test_every_policy_of_returns_is_shown() -> None:
    shown = {column for recipe in recipes(PAGE) for row in recipe.rows for column in row}

    assert shown >= {policy.value for policy in ReturnPolicy}


SHORT = """# Recipes

```text
sku,currency,list
tea,CNY,100.00
```

## A share

```toml
document = "offer"
version = 1
id = "ten"
currency = "CNY"
effect = { kind = "percent", rate = "10%" }
```

| cart | off | pays |
|---|---|---|
| 2 tea | 20.00 | 180.00 |
"""


def tried(page: str, folder: Path) -> list[str]:
    (recipe,) = recipes(page)
    return differing(recipe, folder)


def test_what_differs_is_shown(tmp_path: Path) -> None:
    assert tried(SHORT, tmp_path) == []
    assert tried(SHORT.replace("180.00", "180.01"), tmp_path) == ["2 tea: pays is '180.00'"]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("| off |", "| less |", AssertionError),
        ("| 2 tea | 20.00 | 180.00 |\n", "", AssertionError),
        ('rate = "10%"', 'rates = "10%"', InputError),
        ('"offer"', '"offers"', ValueError),
    ],
)
def test_a_page_with_a_mistake_is_refused(old: str, new: str, error: type[Exception], tmp_path: Path) -> None:
    assert old in SHORT
    with pytest.raises(error):
        tried(SHORT.replace(old, new), tmp_path)
