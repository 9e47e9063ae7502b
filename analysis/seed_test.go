package analysis

import _ "readout/internal/fixedseed"
