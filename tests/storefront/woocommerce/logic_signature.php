<?php
/**
 * Prints the two signatures of the body in its first word: of a webhook, and of a call at the time in its second.
 *
 * @package Tandem
 */

define( 'ABSPATH', '/nowhere/' );
require '/plugin/includes/autoload.php';

$secret = 'AAAAAAAAAABBBBBBBBBBAAAAAAAAAABBBBBBBBBB';
echo Tandem\Signature::of_webhook( $argv[1], $secret ), "\n", Tandem\Signature::of_call( $argv[1], $secret, 'state', (int) $argv[2] ), "\n";
