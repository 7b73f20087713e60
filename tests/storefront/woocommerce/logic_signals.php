<?php
/**
 * Consent, and what is frozen into an order.
 *
 * @package Tandem
 */

use Tandem\Consent;
use Tandem\Frozen_Signals;

require __DIR__ . '/logic.php';

const NOW     = 1795553623123.0;
const SEEN    = array(
	'fbp'          => 'fb.1.1700000000000.1234567',
	'fbc'          => 'fb.1.1764017000000.IwAR0AbC.AQIBAQEA',
	'click'        => '1795500000000.IwAR0AbC',
	'landing_page' => 'https://shop.example/?fbclid=IwAR0AbC',
	'ip'           => '93.184.216.34',
	'user_agent'   => 'Mozilla/5.0',
);
const GRANTED = array( 'marketing' => true, 'source' => 'wp-consent-api', 'type' => 'optin' );
const REFUSED = array( 'marketing' => false, 'source' => 'wp-consent-api', 'type' => 'optin' );

function frozen( array $seen, array $consent = GRANTED ) {
	return Frozen_Signals::of( $seen, $consent, 'token', NOW, '1.0.0' );
}

it( 'states nothing where no consent plugin is', Consent::weigh( '', true, '', false ), array() );
it( 'states nothing where the API is there and nobody asks', Consent::weigh( '', true, '', false ), array() );
it( 'takes a choice where the type is set only in the browser', Consent::weigh( '', true, 'deny', false ), array( 'marketing' => false, 'source' => 'wp-consent-api' ) );
it( 'takes a yes to an opt-in', Consent::weigh( 'optin', true, 'allow', false ), GRANTED );
it( 'takes a no to an opt-in', Consent::weigh( 'optin', false, 'deny', false ), REFUSED );
it( 'takes no answer to an opt-in for no', Consent::weigh( 'optin', false, '', false ), REFUSED );
it( 'states nothing of who was told of an opt-out and did nothing', Consent::weigh( 'optout', true, '', false ), array( 'source' => 'wp-consent-api', 'type' => 'optout' ) );
it( 'takes an opt-out', Consent::weigh( 'optout', false, 'deny', false )['marketing'], false );
it( 'takes a stated yes under an opt-out', Consent::weigh( 'optout', true, 'allow', false )['marketing'], true );
it( 'lets a refusal in the cookie stand against a yes of the function', Consent::weigh( 'optin', true, 'deny', false )['marketing'], false );
it( 'takes Global Privacy Control for an opt-out of sale', Consent::weigh( '', true, '', true ), array( 'sale_of_data' => false, 'source' => 'gpc' ) );
it( 'keeps both statements', Consent::weigh( 'optin', true, 'allow', true ), array( 'marketing' => true, 'sale_of_data' => false, 'source' => 'wp-consent-api', 'type' => 'optin' ) );

it( 'keeps what a banner\'s filter states', Consent::clean( array( 'marketing' => true, 'source' => 'my-banner' ) ), array( 'marketing' => true, 'source' => 'my-banner' ) );
it( 'takes no word for an answer', Consent::clean( array( 'marketing' => 'no', 'sale_of_data' => 1, 'source' => '<b>', 'type' => array(), 'name' => 'Ann' ) ), array() );
it( 'makes nothing of nonsense', array( Consent::clean( null ), Consent::clean( 'yes' ) ), array( array(), array() ) );

it(
	'freezes everything',
	frozen( SEEN ),
	array(
		'_tandem_consent'        => '{"marketing":true,"source":"wp-consent-api","type":"optin"}',
		'_tandem_version'        => '1.0.0',
		'_fbp'                   => 'fb.1.1700000000000.1234567',
		'_fbc'                   => 'fb.1.1764017000000.IwAR0AbC.AQIBAQEA',
		'_tandem_fbclid'         => 'IwAR0AbC',
		'_tandem_fbclid_seen'    => '1795500000000',
		'_tandem_ip'             => '93.184.216.34',
		'_tandem_user_agent'     => 'Mozilla/5.0',
		'_tandem_landing_page'   => 'https://shop.example/?fbclid=IwAR0AbC',
		'_tandem_checkout_token' => 'token',
	)
);
it( 'keeps nothing beyond a refusal', frozen( SEEN, REFUSED ), array( '_tandem_consent' => '{"marketing":false,"source":"wp-consent-api","type":"optin"}', '_tandem_version' => '1.0.0' ) );
it( 'writes no consent where nothing was stated', array_key_exists( '_tandem_consent', frozen( SEEN, array() ) ), false );
it( 'keeps the signals of who opted out of sale, for the service to judge', isset( frozen( SEEN, array( 'sale_of_data' => false ) )['_fbp'] ), true );
it( 'mints no cookie of Meta\'s', array_keys( frozen( array( 'click' => '1795500000000.IwAR0AbC' ) ) ), array( '_tandem_consent', '_tandem_version', '_tandem_fbclid', '_tandem_fbclid_seen', '_tandem_checkout_token' ) );
it( 'drops cookies that are not Meta\'s', array_intersect_key( frozen( array( 'fbp' => 'x', 'fbc' => 'fb.1.2' ) ), array( '_fbp' => 1, '_fbc' => 1 ) ), array() );
it( 'takes the session\'s first page where no cookie was kept', array_slice( frozen( array( 'entry' => 'https://shop.example/?fbclid=Xy', 'began' => '2026-11-23 10:00:00' ) ), 2, 3 ), array( '_tandem_fbclid' => 'Xy', '_tandem_fbclid_seen' => '1795428000000', '_tandem_landing_page' => 'https://shop.example/?fbclid=Xy' ) );
it( 'prefers the cookie, which knows the click of an earlier day', frozen( SEEN + array( 'entry' => 'https://shop.example/?fbclid=Xy', 'began' => '2026-11-23 10:00:00' ) )['_tandem_fbclid'], 'IwAR0AbC' );
it( 'leaves out what is not known', array_keys( frozen( array() ) ), array( '_tandem_consent', '_tandem_version', '_tandem_checkout_token' ) );
it( 'cuts a user agent at 1,000 characters, not bytes', frozen( array( 'user_agent' => str_repeat( 'ä', 1001 ) ) )['_tandem_user_agent'], str_repeat( 'ä', 1000 ) );
it( 'takes line breaks out of a user agent', frozen( array( 'user_agent' => "Mozilla\r\nX: y" ) )['_tandem_user_agent'], 'Mozilla X: y' );
it( 'refuses a user agent that is no text', isset( frozen( array( 'user_agent' => "\xff\xfe" ) )['_tandem_user_agent'] ), false );
it( 'knows every personal key it writes', array_values( array_diff( array_keys( frozen( SEEN ) ), Frozen_Signals::PERSONAL_KEYS ) ), array( '_tandem_consent', '_tandem_version' ) );
