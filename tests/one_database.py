"""For tests in which the kind of database plays no part: `pytestmark = ON_SQLITE` runs them once instead of twice."""

import pytest

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
