"""Comparing, and deciding about many, once more with this room's databases."""

from tests.integration.sync.test_choosing import (  # noqa: F401
    both,
    test_a_flood_of_decisions_is_held_until_it_is_confirmed,
    test_every_decision_is_on_record_with_a_name,
    test_what_is_done_here_is_sent_by_the_next_run,
)
from tests.integration.sync.test_comparing import (  # noqa: F401
    test_a_comparison_is_the_same_without_the_short_cut,
    test_each_kind_of_difference_has_its_word,
    test_the_last_seen_values_are_compared_without_asking_qcontact,
)
