"""Allow and deny lists: the C++ rules, patterns and networks."""

import pytest
from tars_runtime.errors import UsageError
from tars_runtime.net.access import AccessList


@pytest.mark.parametrize(
    ("allow", "deny", "order", "address", "expected"),
    [
        ("", "", "", "1.2.3.4", True),
        ("10.0.0.1", "", "", "10.0.0.1", True),
        ("10.0.0.1", "", "", "10.0.0.2", False),
        ("", "10.0.0.1", "", "10.0.0.1", False),
        ("", "10.0.0.1", "", "10.0.0.2", True),
        ("10.0.*", "10.0.0.7", "allow,deny", "10.0.0.7", True),
        ("10.0.*", "10.0.0.7", "deny,allow", "10.0.0.7", False),
        ("10.0.*", "10.0.0.7", "deny, allow", "10.0.0.8", True),
        ("10.0.0.0/8;192.168.1.1", "", "", "10.200.1.1", True),
        ("10.0.0.0/8, 192.168.1.1", "", "", "192.168.1.1", True),
        ("10.0.0.0/8", "", "", "11.0.0.1", False),
        ("fe80::/10", "", "", "fe80::1%eth0", True),
        ("fe80::/10", "", "", "10.0.0.1", False),
        ("1*1", "", "", "1.2.3.1", True),
        ("1.2.3.4", "", "", "1.2.3.40", False),
    ],
)
def test_who_may_connect(
    allow: str, deny: str, order: str, address: str, expected: bool
) -> None:
    assert AccessList(allow, deny, order).allows(address) is expected


def test_mistakes_are_told() -> None:
    with pytest.raises(UsageError, match=r"allow,deny or deny,allow"):
        AccessList(order="both")
    with pytest.raises(UsageError, match=r"got '10\.0\.0\.0/99'"):
        AccessList("10.0.0.0/99")
