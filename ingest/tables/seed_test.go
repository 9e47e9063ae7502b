package tables

import _ "readout/internal/fixedseed"
