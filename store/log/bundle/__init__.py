"""A bundle: a part of the log on a medium, provable for an auditor who trusts neither operator nor program."""

from store.log.bundle.contents import Bundle, Part, SignedWord, parts, plan
from store.log.bundle.verification import BundleFinding, bundles_in, verify_bundle

__all__ = ["Bundle", "BundleFinding", "Part", "SignedWord", "bundles_in", "parts", "plan", "verify_bundle"]
