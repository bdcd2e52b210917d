"""What the `demand` command refuses. Every message names the thing and the remedy."""

from demand_forecast.errors import DemandForecastError


class NothingToTrain(DemandForecastError):
    """The warehouse has no examples to learn from, or says that it is not ready."""


class WarehouseUnavailable(DemandForecastError):
    """The warehouse or its dbt project cannot be read."""


class WrongChoice(DemandForecastError):
    """Hyper-parameters that do not go together."""


class NothingToResume(DemandForecastError):
    """No checkpoint of a training on these examples."""


class NotReproduced(DemandForecastError):
    """A version that its registry row does not lead to again."""


class ExportRefused(DemandForecastError):
    """The exported network does not answer as PyTorch does; nothing was written."""


class UnknownVersion(DemandForecastError):
    """No such model version, or none to go back to."""


class PublishRefused(DemandForecastError):
    """The last run may not be shown to readers, or its files cannot be written whole."""


class FileRefused(DemandForecastError):
    """A file that may not or cannot be written."""


class NothingToJudge(DemandForecastError):
    """No days that neither the champion nor its challenger has learnt from."""


class EraseRefused(DemandForecastError):
    """A customer whom the next build would bring back, or files that cannot be written."""
