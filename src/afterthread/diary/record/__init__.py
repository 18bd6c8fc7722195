"""Pages on which a patient reads and completes her own record."""
