//! Learning from labelled and simulated calls: data, augmentation, training, calibration, model files.
