"""A table of cases for each row of the scheduling rules that the domain's own tests do not hold as one."""
