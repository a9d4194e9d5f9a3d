"""Every file of the corpus is read, or refused with a reason: no traceback, no signal, no hang.

Of the files without a verdict of their origin only every third is opened, unless the environment
says ``PINGSHAN_GEO_CORPUS=all``.
"""

import os

import pytest
from tests import corpus

pytestmark = pytest.mark.skipif(
    not corpus.MANIFEST.exists(), reason="../shared/corpus is not beside the checkout"
)


@pytest.mark.parametrize("name", sorted(corpus.classes()))
def test_every_file_is_read_or_refused_with_a_reason(name):
    entries = corpus.classes()[name]
    if os.environ.get("PINGSHAN_GEO_CORPUS") != "all":
        known = [entry for entry in entries if corpus.is_bad(entry) or corpus.is_good(entry)]
        entries = known + [entry for entry in entries if entry not in known][::3]
    found = {entry["id"]: corpus.wrong(entry) for entry in entries}
    assert not {name: said for name, said in found.items() if said}
