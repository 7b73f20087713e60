#!/bin/sh
# Collects the plugin's sentences into the template that translators start from. Needs xgettext (Debian: gettext).
cd "$(dirname "$0")/tandem-for-woocommerce" || exit 1
TEMPLATE=languages/tandem-for-woocommerce.pot
find . -name '*.php' | sed 's#^\./##' | LC_ALL=C sort |
    xgettext --files-from=- --language=PHP --from-code=UTF-8 --no-location --add-comments=translators: \
        -k -k__ -k_e -kesc_html__ -kesc_html_e -kesc_attr__ -kesc_attr_e -k_n:1,2 -k_x:1,2c \
        --package-name='Tandem for WooCommerce' --package-version=1.0.0 --output=- |
    # Without the lines that change with every run, and the ones that nobody fills in.
    sed -e '/^"POT-Creation-Date/d' -e '/^# /d' -e '/^#$/d' -e 's/charset=CHARSET/charset=UTF-8/' >$TEMPLATE.new &&
    mv $TEMPLATE.new $TEMPLATE
