package experiment

import _ "readout/internal/fixedseed"
