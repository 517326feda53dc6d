"""Options of the Python tests."""


def pytest_addoption(parser):
    parser.addoption(
        "--examples", type=int, default=20, help="examples a function in the differential tests"
    )
    parser.addoption(
        "--programs", type=int, default=120, help="random programs that Python and C++ both run"
    )
    parser.addoption(
        "--soak", type=int, default=4000, help="conversions and graphs of the test that memory stays"
    )
