"""One database for several PCs: found, made, paired with, joined, tried, moved to; for the wizard and the command line.

`plans` holds the records that go in and come out. Everything else waits (seconds, or minutes for a move): never on the
GUI thread. The embedded server has no TLS and is never shared: a shared database is a cluster of the clinic's own, made
with a PostgreSQL that is installed on this PC, or a server that somebody else looks after.

    finding.find_servers() -> tuple[FoundServer, ...]         the best first; none where nothing is installed
    finding.how_to_get() -> HowToGet
    cluster.make_share(plan, tell=tell_nobody) -> Share       may be called again: goes on where it was stopped
    cluster.share_of(folder) -> Share; cluster.ensure_running(folder) -> Share; cluster.stop(folder)
    pairing.pairing_text(pairing) -> str; pairing.read_pairing(text) -> Pairing
    inviting.invite(share, sends=None) -> Pairing             on the PC that shares; for one more PC
    joining.join(pairing, config, desk_name, tell=tell_nobody) -> Joined
    trying.try_connection(address, authority, login, password) -> TestResult
    moving.move(plan, tell=tell_nobody) -> Moved
    connecting.connect_this_pc(config, address, authority) -> None

`config` is the configuration folder of the settings. Raises SharingError, and ClinicDeskError for the database's part.
"""
