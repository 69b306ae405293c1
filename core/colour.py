"""Colour in CIE Lab (D65): conversion, the sRGB gamut, and how different or colourful pictures look."""

import cv2
import numpy as np
from skimage.color import deltaE_ciede2000

# IEC 61966-2-1, linear sRGB from XYZ, rows scaled to the white point D65 as OpenCV does it.
_WHITE = np.array([0.950456, 1.0, 1.088754], np.float32)
_RGB_FROM_XYZ = np.array(
    [[3.240479, -1.53715, -0.498535], [-0.969256, 1.875991, 0.041556], [0.055648, -0.204043, 1.057311]], np.float32
)
_GAMUT_SLACK = 3e-4  # of linear light: one step of 8-bit sRGB where it is darkest


def rgb_to_lab(image: np.ndarray) -> np.ndarray:
    """Convert sRGB to CIE Lab.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W, 3) float32: L* 0 to 100, a* and b* about -110 to 110.

    >>> rgb_to_lab(np.full((1, 1, 3), 255, np.uint8)).round(1).tolist()
    [[[100.0, 0.0, 0.0]]]
    """
    return cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)


def lab_to_rgb(lab: np.ndarray) -> np.ndarray:
    """Convert CIE Lab to sRGB; colours outside the gamut are cut channel by channel.

    Args:
        lab: (H, W, 3) float32.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.clip(rgb * 255.0 + 0.5, 0, 255).astype(np.uint8)


def lightness(image: np.ndarray) -> np.ndarray:
    """L* of a picture.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W) float32, 0 to 100.
    """
    return np.ascontiguousarray(rgb_to_lab(image)[:, :, 0])


def grey(light: np.ndarray) -> np.ndarray:
    """The picture without colour that has this lightness.

    Args:
        light: (H, W) float32 L*, 0 to 100.

    Returns:
        (H, W, 3) uint8 RGB with three equal channels.
    """
    lab = np.zeros((*light.shape, 3), np.float32)
    lab[:, :, 0] = light
    rgb = lab_to_rgb(lab)
    return np.repeat(rgb[:, :, 1:2], 3, axis=2)


def into_gamut(lab: np.ndarray, *, n_halvings: int = 10) -> np.ndarray:
    """Move colours that sRGB cannot show towards grey, at the same lightness and hue, until it can.

    Args:
        lab: (H, W, 3) float32.
        n_halvings: steps of the bisection for the chroma that still fits.

    Returns:
        (H, W, 3) float32; L* is untouched, a* and b* are scaled by the same factor of at most 1.
    """
    outside = ~_is_in_gamut(lab)
    if not outside.any():
        return lab
    colours = lab[outside]
    low = np.zeros((len(colours), 1), np.float32)
    high = np.ones((len(colours), 1), np.float32)
    for _ in range(n_halvings):
        middle = (low + high) / 2
        fits = _is_in_gamut(np.concatenate([colours[:, :1], colours[:, 1:] * middle], axis=1))[:, None]
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    clamped = lab.copy()
    clamped[outside, 1:] = colours[:, 1:] * low
    return clamped


def mean_squared_error(image: np.ndarray, truth: np.ndarray) -> float:
    """Mean squared difference of two (H, W, 3) uint8 pictures, in squared 8-bit steps."""
    return float(np.mean(np.square(image.astype(np.float32) - truth.astype(np.float32)), dtype=np.float64))


def psnr_db(mse: float) -> float:
    """Peak signal-to-noise ratio in dB of 8-bit pictures, from their mean squared error; infinite at zero.

    >>> round(psnr_db(65.025), 3)
    30.0
    """
    return float("inf") if mse == 0 else 10.0 * float(np.log10(255.0**2 / mse))


def mean_chroma(image: np.ndarray) -> float:
    """Mean of sqrt(a*^2 + b*^2) over an (H, W, 3) uint8 picture, in CIE Lab units."""
    lab = rgb_to_lab(image)
    return float(np.hypot(lab[:, :, 1], lab[:, :, 2]).mean())


def mean_ciede2000(image: np.ndarray, truth: np.ndarray) -> float:
    """Mean colour difference CIEDE2000 (Sharma, Wu, Dalal 2005) of two (H, W, 3) uint8 pictures; 0 is equal."""
    return float(np.mean(deltaE_ciede2000(rgb_to_lab(truth), rgb_to_lab(image))))


def colourfulness(image: np.ndarray) -> float:
    """Colourfulness M^(3) of Hasler and Süsstrunk (2003), section 7: 0 grey, 15 slightly, 59 quite, 109 extremely.

    Args:
        image: (H, W, 3) uint8 RGB.
    """
    red, green, blue = (image[:, :, channel].astype(np.float64) for channel in range(3))
    rg, yb = red - green, (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def _is_in_gamut(lab: np.ndarray) -> np.ndarray:
    """(..., 3) Lab -> (...) bool."""
    fy = (lab[..., 0] + 16.0) / 116.0
    f = np.stack([fy + lab[..., 1] / 500.0, fy, fy - lab[..., 2] / 200.0], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, (f - 16 / 116) / 7.787) * _WHITE
    rgb = xyz @ _RGB_FROM_XYZ.T
    return np.all((rgb >= -_GAMUT_SLACK) & (rgb <= 1 + _GAMUT_SLACK), axis=-1)
