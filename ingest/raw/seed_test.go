package raw

import _ "readout/internal/fixedseed"
