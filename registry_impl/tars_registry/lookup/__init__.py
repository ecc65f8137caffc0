"""What a query is answered with: pure functions over rows. No input, output or clock here.

``endpoint`` reads an endpoint's text, ``groups`` and ``sets`` the two ways to choose by place,
``catalog`` keeps what is published per object, ``finds`` are the six questions, and ``answers``
keeps their answers as bytes.
"""
