package moments_test

import _ "readout/internal/fixedseed"
