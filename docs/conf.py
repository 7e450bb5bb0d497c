"""How the documentation is built: Markdown in, HTML out, a warning is an error (``nox -s docs``)."""

from importlib.metadata import version as version_of

from sphinx.application import Sphinx

project = "distcore"
copyright = "the distcore contributors"
version = release = version_of("distcore")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autoclass_content = "class"
# Types from outside have no page here, and this build asks no other site.
nitpick_ignore_regex = [("py:.*", ".*")]

html_theme = "furo"
html_title = f"distcore {version}"
html_show_copyright = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Let each page say its language, by which a browser takes glyphs and a reader its voice."""
    app.connect("html-page-context", _say_the_language)


def _say_the_language(app: Sphinx, page: str, _template: str, context: dict[str, object], _: object) -> None:
    context["language"] = "zh-CN" if page.startswith("zh/") else app.config.language
