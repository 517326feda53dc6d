# Where stubs say something else than the bindings: see nanobind's documentation of pattern files.

# Type checkers expect a bool.
lazulite.core.array.__eq__:
    def __eq__(self, other: object) -> array: ...  # type: ignore[override]

lazulite.core.array.__ne__:
    def __ne__(self, other: object) -> array: ...  # type: ignore[override]

# A name that ends in an underscore is not private here.
lazulite.core.bool_:
    bool_: Dtype = ...
