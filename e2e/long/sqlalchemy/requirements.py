"""What Spark and Delta have of what SQLAlchemy's suite asks for, where that is not as the suite has it by default."""

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

# Delta has no keys, no indexes and no numbers that it counts up; a statement is a commit; Spark has no tables of one session, no times without a day.
ABSENT = """
autoincrement_insert autoincrement_without_sequence binary_literals duplicate_key_raises_integrity_error foreign_key_constraint_reflection foreign_key_ddl foreign_keys
implements_get_lastrowid implicitly_named_constraints independent_connections index_reflection indexes_with_ascdesc named_constraints on_update_cascade
primary_key_constraint_reflection recursive_fk_cascade reflect_indexes_with_ascdesc self_referential_foreign_keys temp_table_reflection temporary_tables time
time_implicit_bound time_microseconds unique_constraint_reflection
""".split()

PRESENT = """
array_type_none ctes ctes_with_values date_historic datetime_historic datetime_literals delete_from except_intersect fetch_first intersect except_ implicit_decimal_binds
precision_numerics_many_significant_digits tuple_in views window_functions window_range
""".split()

Requirements = type(
    "Requirements",
    (SuiteRequirements,),
    {name: property(lambda self: exclusions.closed()) for name in ABSENT}
    | {name: property(lambda self: exclusions.open()) for name in PRESENT if hasattr(SuiteRequirements, name)},
)
