"""Property tests here have no deadline: the machine may be busy with something else."""

from hypothesis import settings

settings.register_profile("clinic_desk", deadline=None)
settings.load_profile("clinic_desk")
