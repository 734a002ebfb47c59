"""What can go wrong while the extension is built or tried."""


class ExtensionError(Exception):
    """One sentence on what happened, and in ``hint`` one on what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint
