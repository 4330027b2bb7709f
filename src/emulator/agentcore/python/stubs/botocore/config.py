class Config:
    """Accepted, and of no effect: nothing here is repeated or given up."""

    def __init__(self, *_args, **settings):
        self.__dict__.update(settings)
