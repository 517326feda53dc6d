"""Resident memory of this process, as Linux reports it."""


def field(name):
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise RuntimeError(f"/proc/self/status has no line {name}.")


def resident_kib():
    return field("VmRSS")


def peak_kib():
    return field("VmHWM")


def reset_peak():
    """Makes the peak start again from what is resident now."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as clear:
        clear.write("5")
