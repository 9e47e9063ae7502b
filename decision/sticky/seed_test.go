package sticky

import _ "readout/internal/fixedseed"
