"""部门核验: another department is asked instead of the applicant, with his consent.

An officer of that department answers, by name, or nobody does: what is not answered in five minutes is
shown to a supervisor and told to the applicant. Silence is never a yes. The officer sees the question and
whom it is about, and nothing else of the case.
"""
