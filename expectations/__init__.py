"""Gates: suites named after the table they guard, and the check that stops a day."""

import logging

# Great Expectations logs hundreds of lines as it is imported, and failed SQL with the values in it.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
