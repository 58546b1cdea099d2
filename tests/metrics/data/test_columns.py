import numpy as np
import pytest

from synthgan.errors import DataError
from synthgan.metrics.data.columns import Columns, Stack, shared_codes

NAN = np.nan


def side(codes, levels):
    return np.array(codes, dtype=np.int32), tuple(levels)


def test_levels_of_all_tables_share_their_codes():
    labels, (first, second) = shared_codes([side([0, 1, -1], "ab"), side([1, 0, -1], "bc")])
    assert labels == ("a", "b", "c")
    assert first.tolist() == [0, 1, -1]
    assert second.tolist() == [2, 1, -1]


def test_a_table_without_levels_is_all_missing():
    assert [codes.tolist() for codes in shared_codes([side([0], "a"), side([-1, -1], ())])[1]] == [
        [0],
        [-1, -1],
    ]


def test_codes_read_back_as_numbers_match_their_text():
    labels, (_, second) = shared_codes([side([0, 1], ("250", "V45")), side([0, 1], (250.0, 99))])
    assert labels == ("250", "V45", "99")
    assert second.tolist() == [0, 2]


def test_one_and_zero_are_true_and_false_where_a_table_has_these():
    for others in ((1, 0), ("1", "0"), ("true", "false"), (1.0, 0.0)):
        labels, (_, second) = shared_codes([side([0, 1], (False, True)), side([0, 1], others)])
        assert (labels, second.tolist()) == (("False", "True"), [1, 0])
    labels, _ = shared_codes([side([0, 1], (False, True)), side([0, 1], (1, 2))])
    assert labels == ("False", "True", "1", "2")


def test_equal_numbers_of_different_types_are_one_level():
    assert shared_codes([side([0], (1,)), side([0], (1.0,))])[0] == ("1",)
    labels, (_, second) = shared_codes([side([0], (True,)), side([0], ("True",))])
    assert (labels, second.tolist()) == (("True",), [0])
    assert shared_codes([side([0], (True,)), side([0], (1,))])[0] == ("True",)


def test_stack_lines_columns_up():
    stack = Stack()
    stack.add_numbers("age", [np.array([1.0, NAN]), np.array([3.0])])
    stack.add_levels("sex", [side([0, 1], "fm"), side([0], "m")])
    first, second = stack.tables([2, 1])
    assert first.names == second.names == ("age", "sex")
    assert second.matrix().tolist() == [[3.0, 1.0]]
    assert np.isnan(first.matrix()[1, 0])
    for index, name in enumerate(first.names):
        assert first.column(name).tolist() == pytest.approx(first.matrix()[:, index].tolist(), nan_ok=True)
    assert first.labels == (("f", "m"),)
    assert first.take(np.array([1])).labels == first.labels
    assert first.levels == (2,)


def test_rows_are_drawn_without_replacement_in_order(columns):
    table = columns([np.arange(100)])
    drawn = table.draw(30, np.random.default_rng(0))
    assert len(set(drawn.numbers[:, 0])) == 30
    assert (np.diff(drawn.numbers[:, 0]) > 0).all()
    assert table.draw(100, np.random.default_rng(0)) is table


def test_arrays_that_do_not_fit_are_refused():
    numbers, codes = np.zeros((2, 1)), np.zeros((2, 1), dtype=np.int32)
    with pytest.raises(DataError, match="as wide as"):
        Columns(numbers, codes, (), ("c",), (1,))
    with pytest.raises(DataError, match="equally long"):
        Columns(numbers, codes[:1], ("n",), ("c",), (1,))
