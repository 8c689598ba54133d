"""
How the site is built.

The source folder is this one, or a copy of it to which the report has added answers, evidence and figures, so
nothing here may rely on where it lies: only on being started from a checkout.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
if find_spec("report") is None:  # `sphinx-build` on this folder itself, which leaves the checkout off the path
    sys.path.insert(0, str(HERE.parent))

from fmnist_site.citation import citation_file, read_citation  # noqa: E402 - the path has to be set first
from fmnist_site.home import banner  # noqa: E402
from fmnist_site.other_projects import type_links  # noqa: E402

citation = read_citation()
project = citation.title
author = ", ".join(citation.authors)
# SOURCE_DATE_EPOCH changes a year that comes first
copyright = f"{author}, {citation.released.year}. {citation.license} licence"
release = version = citation.version

extensions = [
    "fmnist_site",
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "fmnist_site.generated_pages",
    "sphinx_codeautolink",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_ext", "_templates", "evidence", "figures", "notebooks", "published"]
templates_path = ["_templates"]
root_doc = "index"
nitpicky = True
default_role = "autolink"  # `name` in a docstring links where there is something to link to
smartquotes_action = "q"  # quotes only: dashes are typed as they are meant

# Pages
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
html_math_renderer = "mathml"
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
bibtex_default_style = "plain"

# The live cells' process imports the package that this one documents, installed or not.
CHECKOUT = str(citation_file().parent)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [CHECKOUT, os.environ.get("PYTHONPATH")]))
# Live cells run when the report builds the site, which says where their results are kept; the bare folder shows code only.
nb_execution_cache_path = os.environ.get("FMNIST_REF_NOTEBOOK_CACHE", "")
nb_execution_mode = "cache" if nb_execution_cache_path else "off"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

# API reference
autosummary_generate = True
autosummary_filename_map = {"fmnist_ref.Reliability": "fmnist_ref.Reliability_class"}  # beside fmnist_ref.reliability
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 72
python_use_unqualified_type_names = True
toc_object_entries = False
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # but these
numpydoc_xref_aliases = type_links()
codeautolink_concat_default = True
codeautolink_autodoc_inject = False

# HTML
html_theme = "pydata_sphinx_theme"
html_title = project
html_baseurl = os.environ.get("FMNIST_REF_SITE_URL", "")
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
if not html_baseurl:
    html_js_files.append(("cite.js", {"defer": "defer"}))
html_favicon = "_static/favicon.svg"
html_extra_path = [name for name in ("published", "home.png") if (HERE / name).exists()]
html_copy_source = html_show_sourcelink = False
html_show_sphinx = False
html_scaled_image_link = False  # a card is one link already
html_permalinks_icon = "#"
html_context = {
    "default_mode": "auto",
    "banner": banner(HERE),
    "repository": os.environ.get("FMNIST_REF_REPOSITORY", ""),
    "checkout": CHECKOUT,
}
html_sidebars = {
    **{folder: ["section-navigation"] for folder in ("answers/*", "guide/*", "api/*")},
    **{
        name: []
        for name in (
            "index",
            "answers",
            "audit",
            "reproduced",
            "speed",
            "data",
            "references",
            "404",
            "search",
            "genindex",
            "source/**",
            "record-lists/**",
        )
    },
}
html_domain_indices = False  # one module; the general index has its names
html_theme_options = {
    "logo": {
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo-dark.svg",
        "text": project,
        "alt_text": "",
    },
    "navbar_align": "left",
    "navbar_persistent": ["search-button-field"],
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 7,
    "search_bar_text": "Search",
    "show_prev_next": True,
    "back_to_top_button": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "article_header_start": [],
    "primary_sidebar_end": [],
    "footer_start": ["copyright", "edition"],
    "footer_end": ["footer-links"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
if html_baseurl:  # the published site has all versions, each below its number
    html_theme_options |= {
        "navbar_end": ["version-switcher", "theme-switcher"],
        "switcher": {"json_url": f"{urlsplit(html_baseurl).path.rstrip('/')}/switcher.json", "version_match": version},
        "check_switcher": False,  # it would ask the network
    }
copybutton_selector = "div.highlight pre, .copyable"
copybutton_prompt_text = r">>> |\.\.\. |\$ |In \[\d*\]: "
copybutton_prompt_is_regexp = True
