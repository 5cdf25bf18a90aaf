"""How the program behaves on a PC: one desk per clinic, tray, notifications, sleep, log-off, starting with the PC."""
