"""Items built again from archived pages, without a visit: `survey` finds what differs from what is
stored, `writing` writes it as a run of its own.
"""
