"""A second implementation of docs/FORMAT.md, written from that page alone.

It mints, delegates and presents, and makes the facts for a plain Biscuit verifier. It shares nothing with
the Rust code and nothing with the modules beside it, so that a mistake in the page is not made twice.
Numbers of sections are the page's.
"""
