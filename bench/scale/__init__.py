"""What one daemon can carry: real time, real HTTP, and the exchanges in another process.

Nothing is imitated but the exchanges. The daemon is the one that is shipped, with its schedule, its
limiters and its pages, and is scraped as Prometheus does it. ``watched`` says what it watches; add
what it should carry too there, and only there.
"""
