package ingest

import _ "readout/internal/fixedseed"
