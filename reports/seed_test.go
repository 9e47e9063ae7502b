package reports

import _ "readout/internal/fixedseed"
